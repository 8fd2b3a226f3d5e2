package auth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestEachRoleMeetsItsNeeds(t *testing.T) {
	all := auth.Needs
	for name, tt := range map[string]struct {
		grants []auth.Grant
		want   []auth.Need
	}{
		"nobody":            {nil, all[:1]},
		"viewer":            {[]auth.Grant{{Role: auth.Viewer}}, []auth.Need{auth.NeedNothing, auth.NeedLogin, auth.NeedJobs, auth.NeedSee, auth.NeedSeeAll}},
		"power user":        {[]auth.Grant{{Role: auth.PowerUser}}, all[:4]},
		"operator":          {[]auth.Grant{{Role: auth.Operator}}, all[:8]},
		"superadmin":        {[]auth.Grant{{Role: auth.Superadmin}}, all},
		"operator of north": {[]auth.Grant{{Role: auth.Operator, Client: "north"}}, all[:6]},
	} {
		w := auth.Who{Name: name, Grants: tt.grants}
		if tt.grants == nil {
			w = auth.Who{}
		}
		for _, need := range append(slices.Clone(all), "", "unheard of") {
			if got, want := need.Check(w) == nil, slices.Contains(tt.want, need); got != want {
				t.Errorf("%s meets %q: %t, want %t", name, need, got, want)
			}
		}
	}
}

func TestARefusalNamesWhatIsMissing(t *testing.T) {
	operator := auth.Who{Name: "olga", Grants: []auth.Grant{{Role: auth.Operator, Client: "north"}, {Role: auth.Viewer}}}
	err := auth.NeedRun.Check(operator)
	const want = "This needs the right to operate every client and every task; you are an operator of north and a viewer."
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Denied {
		t.Errorf("the refusal is %v, want %s", err, want)
	}
	operator.Within = []auth.Grant{{Role: auth.PowerUser}}
	if err := auth.NeedSee.Check(operator); err == nil || !strings.HasSuffix(err.Error(), "; this token is good for a power-user.") {
		t.Errorf("a token is refused with %v", err)
	}
}
