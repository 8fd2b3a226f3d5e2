package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/auth"
)

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	anna := auth.Who{Name: "anna", Grants: []auth.Grant{{Role: auth.Operator, Client: "north", Tasks: "sis.*"}, {Role: auth.Viewer}}}
	token := auth.Who{Name: "anna", Grants: []auth.Grant{{Role: auth.Superadmin}}, Within: []auth.Grant{{Role: auth.Viewer, Client: "north"}}}
	for _, tt := range []struct {
		who  auth.Who
		give auth.Grant
		want bool
	}{
		{anna, auth.Grant{Role: auth.Operator, Client: "north", Tasks: "sis.*"}, true},
		{anna, auth.Grant{Role: auth.Operator, Client: "north", Tasks: "sis.plan"}, true},
		{anna, auth.Grant{Role: auth.PowerUser, Client: "north", Tasks: "sis.a.*"}, true},
		{anna, auth.Grant{Role: auth.Viewer}, true},
		{anna, auth.Grant{Role: auth.Operator, Client: "north"}, false},
		{anna, auth.Grant{Role: auth.Operator, Client: "north", Tasks: "*"}, false},
		{anna, auth.Grant{Role: auth.Operator, Client: "south", Tasks: "sis.plan"}, false},
		{anna, auth.Grant{Role: auth.Operator, Tasks: "sis.plan"}, false},
		{anna, auth.Grant{Role: auth.Superadmin, Client: "north", Tasks: "sis.plan"}, false},
		{anna, auth.Grant{Role: "king"}, false},
		{token, auth.Grant{Role: auth.Viewer, Client: "north"}, true},
		{token, auth.Grant{Role: auth.Viewer}, false},
		{token, auth.Grant{Role: auth.PowerUser, Client: "north"}, false},
		{auth.Local, auth.Grant{Role: auth.Superadmin}, true},
		{auth.Who{}, auth.Grant{Role: auth.Viewer, Client: "north"}, false},
	} {
		if got := tt.who.MayGive(tt.give); got != tt.want {
			t.Errorf("%v gives %s: %t", tt.who.Grants, tt.give, got)
		}
	}
}

// What somebody may give lets nobody do what the giver may not.
func TestWhatIsGivenIsNotMoreThanTheGiverHas(t *testing.T) {
	grant := rapid.Custom(func(t *rapid.T) auth.Grant {
		return auth.Grant{
			Role:   rapid.SampledFrom(auth.Roles).Draw(t, "role"),
			Client: rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, "client"),
			Tasks:  rapid.SampledFrom([]string{"", "*", "sis.*", "sis.a.*", "sis.a.b", "lms.x"}).Draw(t, "tasks"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		giver := auth.Who{Name: "anna", Grants: rapid.SliceOfN(grant, 0, 3).Draw(t, "grants")}
		if rapid.Bool().Draw(t, "token") {
			giver.Within = append([]auth.Grant{}, rapid.SliceOfN(grant, 0, 3).Draw(t, "within")...)
		}
		given := grant.Draw(t, "given")
		if !giver.MayGive(given) {
			return
		}
		taker := auth.Who{Name: "paul", Grants: []auth.Grant{given}}
		for _, r := range []auth.Right{auth.Own, auth.See, auth.Operate, auth.Administer} {
			for _, client := range []string{"north", "south", "west"} {
				for _, task := range []string{"sis.plan", "sis.a.b", "sis.a.c", "lms.x", "mail.y"} {
					if taker.May(r, client, task) && !giver.May(r, client, task) {
						t.Fatalf("%s over %s %s was given by %+v", r, client, task, giver)
					}
				}
			}
		}
	})
}

func TestAGrantIsTypedAsItIsRead(t *testing.T) {
	for _, g := range []auth.Grant{
		{Role: auth.Superadmin},
		{Role: auth.PowerUser, Client: "north"},
		{Role: auth.Operator, Client: "north", Tasks: "sis.*"},
		{Role: auth.Viewer, Tasks: "sis.plan"},
	} {
		got, err := auth.ParseGrant(g.String())
		if diff := cmp.Diff(g, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", g, err, diff)
		}
	}
	for _, text := range []string{"", "king", "operator north", "viewer, tasks *.x"} {
		if _, err := auth.ParseGrant(text); err == nil {
			t.Errorf("%q is a grant", text)
		}
	}
}
