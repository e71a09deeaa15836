package enginetest

import "testing"

// TestCrashAfterConfigure: rules 4.2, 5.6. An instance that took its configuration as it ran and exits later has crashed, also
// while the service is not yet stable.
func TestCrashAfterConfigure(t *testing.T) {
	w := New()
	for _, line := range []string{"start", "apply web", "advance 10m", "apply web reload=r2", "advance 30s", "crash web@a"} {
		if err := w.Run(line); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(w.store.record(service("web")).History.Crashes); got != 1 || len(w.Faults) > 0 {
		t.Errorf("%d crashes are counted, want 1; %v", got, w.Faults)
	}
}
