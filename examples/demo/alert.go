package demo

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	pb "statemanager/proto/statemanager/v1"
)

// alertAbout is the first of the alerts in a monitor's file that is about a service, or has that code: as a human reads it.
// It is empty if there is none; a last line that is still being written is left for the next look.
func alertAbout(lines, about string) (string, error) {
	for line := range strings.Lines(lines) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var a pb.StateAlert
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(line), &a); err != nil {
			return "", fmt.Errorf("read alerts: %w", err)
		}
		if r := a.GetKey().GetResourceId(); a.Code == about || r != nil && r.Namespace+"/"+r.Name == about {
			return alertText(&a), nil
		}
	}
	return "", nil
}

// alertText is who has raised it, what about, and its sentence.
func alertText(a *pb.StateAlert) string {
	who := "an alert of the State Manager"
	if a.Origin == pb.StateAlert_ORIGIN_POLICY {
		who = "a notice of policy"
	}
	return fmt.Sprintf("%s, %s: %s", who, a.Code, a.Text)
}
