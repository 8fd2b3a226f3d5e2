package lock

import (
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestListsHoldersAndWaitersInOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		l.try("a", north, `{"reads":["north/users"],"writes":["north/gradebook"]}`)
		l.try("b", north, `{"reads":["north/users","/terms"]}`)
		l.try("c", north, `{"writes":["north/users"]}`)
		l.try("d", north, `{"reads":["north/users"]}`)
		l.try("e", north, blocks)
		l.try("f", north, "")

		got, err := New(l.rdb).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		holds := func(id, mode string) job.Holder {
			return job.Holder{JobID: id, Task: "sis.pull", Client: "north", Worker: "w", Mode: mode}
		}
		waits := func(id, mode string) job.Waiter {
			return job.Waiter{JobID: id, Task: "sis.pull", Client: "north", Mode: mode}
		}
		want := []job.Lock{
			{Resource: "/terms", Holders: []job.Holder{holds("b", "read")}},
			{Resource: "north/*", Waiters: []job.Waiter{waits("e", "write"), waits("f", "read")}},
			{Resource: "north/gradebook", Holders: []job.Holder{holds("a", "write")}},
			{
				Resource: "north/users",
				Holders:  []job.Holder{holds("a", "read"), holds("b", "read")},
				Waiters:  []job.Waiter{waits("c", "write"), waits("d", "read")},
			},
		}
		expect(t, "locks", want, got, cmpopts.IgnoreFields(job.Holder{}, "Since", "Fence", "Resource"), cmpopts.IgnoreFields(job.Waiter{}, "Since"))
		if got[0].Holders[0].Fence <= got[2].Holders[0].Fence || got[0].Holders[0].Since.Before(got[2].Holders[0].Since) {
			t.Errorf("b's fence %d at %s, a's %d at %s", got[0].Holders[0].Fence, got[0].Holders[0].Since, got[2].Holders[0].Fence, got[2].Holders[0].Since)
		}
	})
}
