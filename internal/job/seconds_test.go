package job

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDurationsAreSecondsInJSON(t *testing.T) {
	task := Declaration{Name: "sis.pull", Timeout: 30 * time.Minute, Backoff: 1500 * time.Millisecond, Attempts: 5, Schema: json.RawMessage(`{}`)}
	checkJSON(t, task, `"timeout_seconds":1800`, `"backoff_seconds":1.5`)
	checkJSON(t, Slot{Schedule: "sis.pull", Outcome: SlotRan, Lag: 12 * time.Millisecond}, `"lag_seconds":0.012`)
	checkJSON(t, Slot{Schedule: "sis.pull", Outcome: SlotMissed}, `"lag_seconds":0`)
}

func TestAStepOfARecoveryIsMoreThanItsSlot(t *testing.T) {
	step := RecoveryStep{
		Place: 3, Slot: Slot{Schedule: "sis.pull", Outcome: SlotCaughtUp, Lag: 90 * time.Second, Recovery: 7},
		Task: "sis.pull", Client: "north", State: Running, After: []string{"backup"}, Shares: []string{"north/users"}, Usual: Seconds(2 * time.Minute),
	}
	checkJSON(t, step, `"place":3`, `"schedule":"sis.pull"`, `"lag_seconds":90`, `"recovery":7`, `"state":"running"`, `"after":["backup"]`, `"usual_seconds":120`)
}

// checkJSON checks what v says in JSON, each once, and that it can be read back.
func checkJSON[T any](t *testing.T, v T, says ...string) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range says {
		name, _, _ := strings.Cut(want, ":")
		if !strings.Contains(string(raw), want) || strings.Count(string(raw), name) != 1 {
			t.Errorf("%s does not say %s once", raw, want)
		}
	}
	var got T
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}
