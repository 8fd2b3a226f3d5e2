package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestAGrantIsOverItsClientAndTasks(t *testing.T) {
	north := auth.Who{Name: "anna", Grants: []auth.Grant{{Role: auth.Operator, Client: "north", Tasks: "sis.*"}, {Role: auth.PowerUser}}}
	for _, tt := range []struct {
		right        auth.Right
		client, task string
		want         bool
	}{
		{auth.Operate, "north", "sis.plan", true},
		{auth.Operate, "north", "sisters.plan", false},
		{auth.Operate, "south", "sis.plan", false},
		{auth.Operate, "north", "statistics.build", false},
		{auth.Own, "south", "statistics.build", true},
		{auth.See, "south", "statistics.build", false},
		{auth.Administer, "north", "sis.plan", false},
	} {
		if got := north.May(tt.right, tt.client, tt.task); got != tt.want {
			t.Errorf("May(%s, %s, %s) = %t", tt.right, tt.client, tt.task, got)
		}
	}
}

func TestNobodyMayNothing(t *testing.T) {
	nobody := auth.Of(t.Context())
	if nobody.Anywhere(auth.Own) || nobody.Anywhere(auth.See) || nobody.Sees(job.Job{}) || nobody.Handles(job.Job{}) {
		t.Error("who was not named has rights")
	}
	if sight := nobody.Sight(); sight == nil || len(sight) != 0 {
		t.Errorf("nobody sees %v, want nothing", sight)
	}
}

func TestSightIsWhatListsShow(t *testing.T) {
	for _, tt := range []struct {
		name string
		who  auth.Who
		want []job.Reach
	}{
		{"superadmin", auth.Local, nil},
		{"power user", auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}}, []job.Reach{{Owner: "paul"}}},
		{"viewer of a client", auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer, Client: "north"}}}, []job.Reach{{Client: "north"}}},
		{
			"token of a part",
			auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.Superadmin}}, Within: []auth.Grant{{Role: auth.Viewer, Client: "north", Tasks: "sis.*"}}},
			[]job.Reach{{Client: "north", Tasks: "sis.*"}},
		},
	} {
		if diff := cmp.Diff(tt.want, tt.who.Sight()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// What a list shows and what a single look allows must never differ.
func TestSightAndSeesAgree(t *testing.T) {
	grant := rapid.Custom(func(t *rapid.T) auth.Grant {
		return auth.Grant{
			Role:   rapid.SampledFrom(auth.Roles).Draw(t, "role"),
			Client: rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, "client"),
			Tasks:  rapid.SampledFrom([]string{"", "*", "sis.*", "sis.a.*", "sis.a.b", "lms.x"}).Draw(t, "tasks"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		w := auth.Who{Name: "anna", Grants: rapid.SliceOfN(grant, 0, 4).Draw(t, "grants")}
		if rapid.Bool().Draw(t, "token") {
			w.Within = append([]auth.Grant{}, rapid.SliceOfN(grant, 0, 3).Draw(t, "within")...)
		}
		j := job.Job{
			Client: rapid.SampledFrom([]string{"north", "south", "west"}).Draw(t, "of"),
			Task:   rapid.SampledFrom([]string{"sis.plan", "sis.a.b", "sis.a.c", "lms.x", "sisters.plan"}).Draw(t, "task"),
			Owner:  rapid.SampledFrom([]string{"anna", "paul"}).Draw(t, "owner"),
		}
		listed := w.Sight() == nil
		for _, s := range w.Sight() {
			listed = listed || s.Fits(j.Client, j.Task, j.Owner)
		}
		if listed != w.Sees(j) {
			t.Fatalf("%+v: listed %t, seen %t by %+v", j, listed, w.Sees(j), w)
		}
	})
}
