#!/bin/sh
# Makes the Go code of every .proto file, beside it. Needs protoc with its standard include files, protoc-gen-go and
# protoc-gen-go-grpc on the PATH (go install google.golang.org/protobuf/cmd/protoc-gen-go and
# google.golang.org/grpc/cmd/protoc-gen-go-grpc, at the versions in the headers of the generated files).
set -eu
cd "$(dirname "$0")"
find . -name '*.proto' | sed 's|^\./||' | LC_ALL=C sort | xargs protoc -I . \
	--go_out=. --go_opt=paths=source_relative \
	--go-grpc_out=. --go-grpc_opt=paths=source_relative
