package api_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
)

func TestOnlyWhoAdministersASyncReadsTheNamesOfItsPeople(t *testing.T) {
	h := serve(t, apitest.New())
	plan := follow(t, h, "").Plan.ID
	for _, path := range []string{
		"/api/v1/syncs/main/messages", "/api/v1/syncs/main/messages/m-1",
		"/api/v1/syncs/main/plan", "/api/v1/syncs/main/plan?id=" + plan + "&op=create_user",
	} {
		for name, who := range map[string]struct {
			auth.Who
			reads bool
		}{
			"a viewer":           {role(auth.Viewer, ""), false},
			"an operator":        {role(auth.Operator, ""), false},
			"a token to look":    {people["token to look"], false},
			"its administrator":  {role(auth.Superadmin, "default"), true},
			"a superadmin":       {role(auth.Superadmin, ""), true},
			"a viewer of it too": {role(auth.Viewer, "default"), false},
		} {
			w := askedBy(h, who.Who, "GET", path, "")
			if w.Code != 200 || !strings.Contains(w.Body.String(), "p-1") {
				t.Fatalf("%s for %s: %d %s", path, name, w.Code, w.Body)
			}
			if reads := strings.Contains(w.Body.String(), "ada@example.edu"); reads != who.reads {
				t.Errorf("%s shows the e-mail to %s: %t", path, name, reads)
			}
		}
	}
}
