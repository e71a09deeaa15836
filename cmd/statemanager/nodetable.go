package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	pb "statemanager/proto/statemanager/v1"
)

func nodeTable(out io.Writer, nodes []*pb.NodeState) error {
	return table(out, "NODE\tSTATE\tSINCE\tREADY\tLOAD\tSERVICES\tFENCE\tLABELS\tAGENT\tCONTROLLER", func(w io.Writer) {
		for _, n := range nodes {
			ready, load := saidText(n)
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n.Id, n.State, since(n.Since), ready, load, servicesText(n),
				fenceText(n.Info), labelsText(n.Info), dash(n.AgentAddress), dash(n.ControllerAddress))
		}
	})
}

// saidText is whether a node takes services, and how busy it is. That is known while it is heard: a daemon that has just
// begun has only what lasts, and of a silent node it was so once.
func saidText(n *pb.NodeState) (ready, load string) {
	if n.State != "synced" || n.Info == nil {
		return "?", "?"
	}
	return map[bool]string{true: "yes", false: "no"}[n.Info.Ready], strings.ToLower(strings.TrimPrefix(n.Info.Load.String(), "LOAD_"))
}

// servicesText is how many services there are, and how many fit if that is bounded.
func servicesText(n *pb.NodeState) string {
	if most := n.Info.GetCapacity(); most > 0 {
		return fmt.Sprintf("%d/%d", n.Services, most)
	}
	return fmt.Sprint(n.Services)
}

// fenceText is after how long a node that is cut off stops its services itself.
func fenceText(i *pb.NodeInfo) string {
	return span(i.GetFence().GetSelfAfter().AsDuration())
}

func labelsText(i *pb.NodeInfo) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(i.GetLabels())) {
		out = append(out, k+"="+i.Labels[k])
	}
	return dash(strings.Join(out, ","))
}
