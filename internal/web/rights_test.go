package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/web"
)

// asRole asks for a page as somebody who has one role.
func asRole(h http.Handler, w auth.Who, method, target string) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, strings.NewReader(""))
	h.ServeHTTP(out, r.WithContext(auth.With(r.Context(), w)))
	return out
}

func who(r auth.Role, client string) auth.Who {
	return auth.Who{Name: "paul", Grants: []auth.Grant{{Role: r, Client: client}}}
}

var parameter = regexp.MustCompile(`\{[a-z$]+\}`)

func TestEveryPageAsksForItsRight(t *testing.T) {
	d := dashboard(t, web.Config{}).(local).Dashboard
	for pattern, need := range d.Needs() {
		if !slices.Contains(auth.Needs, need) {
			t.Errorf("%s has no need", pattern)
		}
		method, path, _ := strings.Cut(pattern, " ")
		if need == auth.NeedNothing {
			continue
		}
		for name, w := range map[string]auth.Who{
			"nobody": {}, "viewer": who(auth.Viewer, ""), "power user": who(auth.PowerUser, ""),
			"operator": who(auth.Operator, ""), "superadmin": who(auth.Superadmin, ""), "operator of north": who(auth.Operator, "north"),
		} {
			if need.Met(w) {
				continue
			}
			want := http.StatusForbidden
			if w.Nobody() {
				want = map[bool]int{true: http.StatusSeeOther, false: http.StatusUnauthorized}[method == "GET"]
			}
			if got := asRole(d, w, method, parameter.ReplaceAllString(path, "x")); got.Code != want {
				t.Errorf("%s by %s answers %d, want %d", pattern, name, got.Code, want)
			}
		}
	}
}

func TestPagesOfferOnlyWhatIsAllowed(t *testing.T) {
	h := dashboard(t, web.Config{}).(local).Dashboard
	for _, tt := range []struct {
		who     auth.Who
		path    string
		offered map[string]bool
	}{
		{who(auth.Superadmin, ""), "/jobs", map[string]bool{`href="/audit"`: true, `href="/schedules"`: true, `/abort"`: true}},
		{who(auth.Viewer, ""), "/jobs", map[string]bool{`href="/audit"`: false, `href="/schedules"`: true, `/abort"`: false}},
		{who(auth.PowerUser, ""), "/jobs", map[string]bool{`href="/audit"`: false, `href="/schedules"`: false}},
		{who(auth.Superadmin, ""), "/jobs", map[string]bool{`>My jobs</a>`: true, `owner=me`: true}},
		{who(auth.Viewer, "north"), "/jobs", map[string]bool{`>My jobs</a>`: true}},
		{who(auth.PowerUser, ""), "/jobs", map[string]bool{`>My jobs</a>`: false, `>All jobs</a>`: false}},
		{who(auth.Viewer, ""), "/jobs?owner=me", map[string]bool{`aria-current="true">My jobs</a>`: true, `owner%3Apaul`: true}},
		{who(auth.Viewer, ""), "/jobs/" + id(25), map[string]bool{`/abort"`: false}},
		{who(auth.Viewer, ""), "/schedules/sis.main", map[string]bool{`/edit"`: false, `/pause"`: false, `/revert`: false}},
		{who(auth.Operator, ""), "/schedules/sis.main", map[string]bool{`/edit"`: true, `/pause"`: true, `/revert`: true}},
		{who(auth.Viewer, ""), "/locks", map[string]bool{`/break"`: false}},
		{who(auth.Viewer, ""), "/calendars", map[string]bool{`/calendars/new"`: false}},
	} {
		body := asRole(h, tt.who, "GET", tt.path).Body.String()
		for text, want := range tt.offered {
			if strings.Contains(body, text) != want {
				t.Errorf("%s for %s: %s is shown: %t", tt.path, tt.who.Grants[0], text, !want)
			}
		}
	}
}
