package ledger_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/seal"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// known is the small campus with what was planned and written for Ann.
func known(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	deltas := small()
	for i := range deltas {
		messages := slices.Collect(deltas[i].Messages)
		for j := range messages {
			messages[j].Body = json.RawMessage(`{"given":"Ann","email":"a@x.example"}`)
		}
		deltas[i].Messages = slices.Values(messages)
	}
	absorb(t, l, deltas...)
	plan := sync.Draft{
		Plan:    sync.Plan{ID: "p1", Sync: "main", State: sync.PlanApplying, Created: noon, Changed: noon},
		Effects: []sync.Effect{{Seq: 1, Op: sync.CreateUser, Key: "user ann", Person: "ann", After: json.RawMessage(`{"given":"Ann"}`), State: sync.EffectPlanned}},
	}
	if err := l.PutSISPlan(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	plan.Effects[0].State = sync.EffectApplied
	err := l.SettleSIS(t.Context(), sync.Settlement{
		Sync: "main", Plan: "p1", Effects: plan.Effects,
		People:  []sync.PersonLink{{Person: "ann", User: "7", Username: "ann", Email: "a@x.example", Given: "Ann", Family: "O'Brien"}},
		Applied: []sync.Enrolment{{Place: sync.Place{Person: "ann", Course: "9", Role: sis.Student}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	day := sync.Attendance{AttendancePlace: sync.AttendancePlace{Section: "s1", Person: "ann", Day: monday}, Minutes: 50, State: sync.AttPosted}
	if err := l.PutAttendance(t.Context(), "main", []sync.Attendance{day}); err != nil {
		t.Fatal(err)
	}
	if err := l.AddSightings(t.Context(), "main", []sis.Activity{{Course: "9", User: "7", At: noon}, {Course: "9", User: "8", At: noon}}); err != nil {
		t.Fatal(err)
	}
}

func TestAllThatIsKeptOfAPersonIsShown(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		known(t, l)
		f, err := l.SISPerson(t.Context(), "main", "ann")
		if err != nil {
			t.Fatal(err)
		}
		if f.Person.Email != "a@x.example" || f.Account == nil || f.Account.User != "7" || len(f.Registrations) != 1 ||
			len(f.Enrolments) != 1 || len(f.Messages) != 2 || f.Effects != 1 || len(f.Attendance) != 1 || len(f.Seen) != 1 {
			t.Errorf("file = %+v", f)
		}
		if _, err := l.SISPerson(t.Context(), "main", "nobody"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown person: %v", err)
		}
	})
}

func TestAPersonIsErasedOnceTheSISHasForgottenThem(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		known(t, l)
		if _, err := l.EraseSISPerson(t.Context(), "main", "ann"); fault.KindOf(err) != fault.Conflict {
			t.Fatalf("erased somebody whom the SIS still sends: %v", err)
		}
		absorb(t, l, sync.Delta{Sync: "main", Pull: sync.Pull{Stream: sis.Persons, Snapshot: "s2", At: noon}, Vanished: []sync.End{{Key: "ann"}}})

		e, err := l.EraseSISPerson(t.Context(), "main", "ann")
		if err != nil || e != (sync.Erasure{Messages: 1, Effects: 1, Account: true, Seen: 1}) {
			t.Fatalf("erased %+v, %v", e, err)
		}
		f, err := l.SISPerson(t.Context(), "main", "ann")
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{f.Person, f.Account, f.Enrolments})
		if err != nil || bytes.Contains(text, []byte("a@x.example")) || bytes.Contains(text, []byte("O'Brien")) {
			t.Errorf("still there: %s, %v", text, err)
		}
		if len(f.Seen) > 0 {
			t.Errorf("still seen: %v", f.Seen)
		}
		effects, err := l.SISEffects(t.Context(), "p1", sync.EffectFilter{})
		if err != nil || strings.Contains(string(effects[0].After), "Ann") {
			t.Errorf("effect = %s, %v", effects[0].After, err)
		}
	})
}

func TestMessagesOfTheSISAreSealed(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		old, both := keys(t, 1), keys(t, 2, 1)
		l.SealMessages(old)
		known(t, l)
		if n, err := l.Readable(t.Context(), "Ann"); err != nil || n != 0 {
			t.Fatalf("%d bodies can be read in the database, %v", n, err)
		}
		l.SealMessages(both)
		if n, err := l.SealSISMessagesAgain(t.Context(), 100); err != nil || n != 4 {
			t.Fatalf("sealed %d again, %v; want 4", n, err)
		}
		if n, err := l.SealSISMessagesAgain(t.Context(), 100); err != nil || n != 0 {
			t.Errorf("sealed %d again, %v; want none left", n, err)
		}
		l.SealMessages(keys(t, 2))
		messages, err := l.SISMessages(t.Context(), sync.MessageFilter{Sync: "main"})
		if err != nil || !strings.Contains(string(messages[0].Body), "Ann") {
			t.Fatalf("messages = %+v, %v", messages, err)
		}
		l.SealMessages(old)
		if _, err := l.SISMessages(t.Context(), sync.MessageFilter{Sync: "main"}); err == nil {
			t.Error("read without the key")
		}
	})
}

func keys(t *testing.T, of ...byte) seal.Ring {
	t.Helper()
	var all [][]byte
	for _, key := range of {
		all = append(all, bytes.Repeat([]byte{key}, seal.KeySize))
	}
	ring, err := seal.NewRing(all...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
