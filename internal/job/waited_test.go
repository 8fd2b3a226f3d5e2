package job

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWaitsAreToldApartAndThenSummedUp(t *testing.T) {
	noon := time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	gradebook := Wait{Kind: WaitsForLock, For: "gradebook", Holder: "a", Task: "stats.nightly"}
	t.Run("a wait for the same thing goes on", func(t *testing.T) {
		w := Waits{}.Begin(gradebook, at(0)).Begin(Wait{Kind: WaitsForLock, For: "gradebook", Holder: "b"}, at(60)).End(at(180))
		checkWaits(t, w, "Waited 3 min for gradebook, held by job a stats.nightly.")
	})
	t.Run("a wait for something else is another", func(t *testing.T) {
		w := Waits{}.Begin(gradebook, at(0)).Begin(Wait{Kind: WaitsForTwin, Holder: "c"}, at(10)).End(at(15)).End(at(99))
		checkWaits(t, w, "Waited 10 s for gradebook, held by job a stats.nightly.", "Waited 5 s for a job that does the same, held by job c.")
	})
	t.Run("no wait is shorter than nothing", func(t *testing.T) {
		checkWaits(t, Waits{}.Begin(Wait{}, at(5)).End(at(0)), "Waited 0 s.")
	})
	t.Run("the last sums up the rest", func(t *testing.T) {
		var w Waits
		for i := range 2*MaxWaits - 1 {
			w = w.Begin(Wait{Kind: WaitsForRate, For: "sms"}, at(10*i)).End(at(10*i + 2))
		}
		if len(w) != MaxWaits || w[MaxWaits-1].Sentence() != "Waited 40 s for its turn under the rate limit sms, 20 times together." {
			t.Errorf("%d waits, the last is %q", len(w), w[len(w)-1].Sentence())
		}
		if w = w.Begin(gradebook, at(900)); w[MaxWaits-1].Kind != "" || w[MaxWaits-1].Since == nil || w[MaxWaits-1].Times != 21 {
			t.Errorf("a sum of different waits is %+v", w[MaxWaits-1])
		}
	})
	t.Run("every kind has its words", func(t *testing.T) {
		for kind := range waitedFor {
			if text := (Waited{Kind: kind, For: "x"}).Sentence(); strings.Contains(text, "FOR") || len(text) < len("Waited 0 s for x.") {
				t.Errorf("%s is said as %q", kind, text)
			}
		}
	})
	t.Run("it is the same after a way through JSON", func(t *testing.T) {
		w := Waits{}.Begin(gradebook, at(0)).End(at(7)).Begin(gradebook, at(9))
		body, err := json.Marshal(w)
		var back Waits
		if err == nil {
			err = json.Unmarshal(body, &back)
		}
		if again, _ := json.Marshal(back); err != nil || string(again) != string(body) {
			t.Errorf("%s became %s: %v", body, again, err)
		}
	})
}

func checkWaits(t *testing.T, w Waits, want ...string) {
	t.Helper()
	var got []string
	for _, one := range w {
		got = append(got, one.Sentence())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
