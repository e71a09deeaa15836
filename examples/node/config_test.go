package node

import (
	"crypto/tls"
	"strings"
	"testing"
)

// A configuration that cannot be is refused, and the error names the field.
func TestConfig(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{ID: "n1", Dir: "d", Listen: "127.0.0.1:0"}, ""},
		{Config{ID: "n1", Dir: "d", Listen: "[::1]:0"}, ""},
		{Config{ID: "n1", Dir: "d", Listen: "0.0.0.0:1", TLS: &tls.Config{}}, ""},
		{Config{Dir: "d", Listen: "127.0.0.1:0"}, "id"},
		{Config{ID: "n1", Listen: "127.0.0.1:0"}, "dir"},
		{Config{ID: "n1", Dir: "d", Listen: "0.0.0.0:1"}, "listen"},
	} {
		_, err := New(c.config)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}
