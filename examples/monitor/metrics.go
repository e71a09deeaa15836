package monitor

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	apiv1 "statemanager/proto/statemanager/v1"
)

// writeMetrics replaces a file by figures in protobuf JSON; a reader sees the old ones or the new ones whole.
func writeMetrics(file string, m *apiv1.StateMetrics) error {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true, Multiline: true}.Marshal(m)
	if err == nil {
		err = os.WriteFile(file+".new", append(text, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
