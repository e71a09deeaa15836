package node

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "statemanager/proto/statemanager/v1"
)

func runs() seen {
	return seen{Instance: &apiv1.Instance{Id: "a", Version: "1", State: apiv1.Instance_STATE_RUNNING}}
}

func exited(code, signal int32) seen {
	x := runs()
	x.State, x.Exit = apiv1.Instance_STATE_EXITED, &apiv1.Exit{Code: code, Signal: signal}
	return x
}

func halted() seen {
	x := exited(0, 15)
	x.stopped = true
	return x
}

func starting(age time.Duration) seen {
	x := runs()
	x.State, x.age = apiv1.Instance_STATE_STARTING, age
	return x
}

func configured(reloadable bool, k, v string) seen {
	x := runs()
	x.config, x.reloadable = digest(map[string]string{k: v}), reloadable
	return x
}

// Rule 2.8: what is reported.
func TestDifferences(t *testing.T) {
	spec := func(edits ...edit) *apiv1.ServiceSpec { return specOf(t, forever, edits...) }
	pending := func(s *apiv1.ServiceSpec) { s.State = "Pending" }
	patient := func(s *apiv1.ServiceSpec) { s.StartPeriod = durationpb.New(time.Second) }
	old := runs()
	old.Version = "0"
	for name, c := range map[string]struct {
		spec *apiv1.ServiceSpec
		seen []seen
		want string
	}{
		"as wanted":                            {spec(), []seen{runs()}, `{}`},
		"missing":                              {spec(), nil, `{"existenceDiff":{"existence":"EXISTENCE_MISSING"}}`},
		"nothing known, nothing there":         {nil, nil, `{}`},
		"surplus":                              {nil, []seen{runs()}, `{"existenceDiff":{"existence":"EXISTENCE_SURPLUS"}}`},
		"surplus, exited":                      {nil, []seen{exited(1, 0)}, `{"existenceDiff":{"existence":"EXISTENCE_SURPLUS"}}`},
		"an exited one is not missing":         {spec(), []seen{exited(3, 0)}, `{"statusDiff":{"status":"STATUS_CRASHED"}}`},
		"killed is crashed":                    {spec(), []seen{exited(0, 9)}, `{"statusDiff":{"status":"STATUS_CRASHED"}}`},
		"finished":                             {spec(), []seen{exited(0, 0)}, `{"statusDiff":{"status":"STATUS_FINISHED"}}`},
		"crashed is worse than finished":       {spec(replicas(2)), []seen{exited(0, 0), exited(1, 0)}, `{"statusDiff":{"status":"STATUS_CRASHED"}}`},
		"finished is worse than not ready":     {spec(replicas(2)), []seen{starting(0), exited(0, 0)}, `{"statusDiff":{"status":"STATUS_FINISHED"}}`},
		"stopped by an action":                 {spec(), []seen{halted()}, `{"existenceDiff":{"run":"RUN_SHOULD_RUN"}}`},
		"stopped by an action, crashed":        {spec(replicas(2)), []seen{halted(), exited(1, 0)}, `{"existenceDiff":{"run":"RUN_SHOULD_RUN"},"statusDiff":{"status":"STATUS_CRASHED"}}`},
		"runs though none is wanted":           {spec(pending), []seen{runs()}, `{"existenceDiff":{"run":"RUN_SHOULD_STOP"}}`},
		"runs though isolated":                 {spec(replicas(0)), []seen{runs()}, `{"existenceDiff":{"run":"RUN_SHOULD_STOP"}}`},
		"none is wanted, none runs":            {spec(pending), []seen{halted(), exited(1, 0)}, `{}`},
		"too few":                              {spec(replicas(3)), []seen{runs()}, `{"scaleDiff":{"desired":3,"actual":1}}`},
		"too many":                             {spec(), []seen{runs(), runs()}, `{"scaleDiff":{"desired":1,"actual":2}}`},
		"an exited one counts for scale":       {spec(replicas(2)), []seen{runs(), exited(1, 0)}, `{"statusDiff":{"status":"STATUS_CRASHED"}}`},
		"another version":                      {spec(), []seen{old}, `{"versionDiff":{"desired":"1","actual":"0"}}`},
		"a configuration that needs a restart": {spec(config("k", "v")), []seen{configured(false, "k", "w")}, `{"configDiff":{"needs":"NEEDS_RESTART","keys":["k"]}}`},
		"one that can be reloaded":             {spec(config("k", "v")), []seen{configured(true, "k", "w")}, `{"configDiff":{"needs":"NEEDS_RELOAD","keys":["k"]}}`},
		"restart is the greater need":          {spec(replicas(2), config("k", "v")), []seen{configured(true, "j", "v"), configured(false, "k", "w")}, `{"configDiff":{"needs":"NEEDS_RESTART","keys":["j","k"]}}`},
		"starting in its start_period":         {spec(patient), []seen{starting(time.Second - 1)}, `{}`},
		"not ready when it has passed":         {spec(patient), []seen{starting(time.Second)}, `{"statusDiff":{"status":"STATUS_NOT_READY"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			want := &apiv1.StateDiff{}
			if err := protojson.Unmarshal([]byte(c.want), want); err != nil {
				t.Fatal(err)
			}
			for _, x := range c.seen {
				want.Instances = append(want.Instances, x.Instance)
			}
			got := &apiv1.StateDiff{}
			compare(got, c.spec, c.seen)
			if !proto.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}
