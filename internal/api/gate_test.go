package api_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

func role(r auth.Role, client string) auth.Who {
	return auth.Who{Name: "paul", Grants: []auth.Grant{{Role: r, Client: client}}}
}

// people are those of whom every route is tried.
var people = map[string]auth.Who{
	"nobody":            {},
	"viewer":            role(auth.Viewer, ""),
	"power user":        role(auth.PowerUser, ""),
	"operator":          role(auth.Operator, ""),
	"superadmin":        role(auth.Superadmin, ""),
	"operator of north": role(auth.Operator, "north"),
	"token to look": {
		Name: "paul", Grants: []auth.Grant{{Role: auth.Superadmin}}, Token: "t", Within: []auth.Grant{{Role: auth.Viewer}},
	},
}

func askedBy(h http.Handler, w auth.Who, method, target, body string) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	apitest.As(w, h).ServeHTTP(out, httptest.NewRequest(method, target, strings.NewReader(body)))
	return out
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryRouteAsksForItsRight(t *testing.T) {
	h := serve(t, seeded())
	for pattern, need := range h.Needs() {
		if !slices.Contains(auth.Needs, need) {
			t.Errorf("%s has no need", pattern)
		}
		method, path, _ := strings.Cut(pattern, " ")
		if strings.HasSuffix(path, "/events") {
			continue // goes on for ever
		}
		for name, who := range people {
			w := askedBy(h, who, method, parameter.ReplaceAllString(path, "x"), "{}")
			switch {
			case need == auth.NeedNothing && w.Code != 401, need.Met(who) && w.Code != 401:
			case who.Nobody() && w.Code == 401, !who.Nobody() && !need.Met(who) && w.Code == 403:
			default:
				t.Errorf("%s by %s answers %d, and needs %q: %s", pattern, name, w.Code, need, w.Body)
			}
		}
	}
}

// harmless are the routes of changing methods that anybody who looks may use.
var harmless = []string{"POST /api/v1/schedules:preview", "POST /api/v1/schedules:clashes"}

func TestWhoOnlyLooksChangesNothing(t *testing.T) {
	needs := serve(t, seeded()).Needs()
	for _, pattern := range slices.Sorted(maps.Keys(needs)) {
		own := needs[pattern] == auth.NeedNothing || needs[pattern] == auth.NeedLogin // of devices, and of one's own account and notices
		if !strings.HasPrefix(pattern, "GET ") && needs[pattern].Met(people["viewer"]) && !own && !slices.Contains(harmless, pattern) && !strings.HasSuffix(pattern, "/notify") && !strings.Contains(pattern, "/notices/") {
			t.Errorf("a viewer may %s", pattern)
		}
	}
}

func house() *apitest.Platform {
	p := seeded()
	p.SeedClient(job.Client{Name: "north", Title: "North"})
	p.SeedClient(job.Client{Name: "south", Title: "South"})
	p.Seed(job.Job{ID: "mine", Owner: "paul", Client: "north", State: job.Running})
	p.Seed(job.Job{ID: "child", Owner: "job mine", Root: "mine", Parent: "mine", Client: "north", State: job.Failed})
	p.Seed(job.Job{ID: "hers", Owner: "ada", Client: "north", State: job.Failed, Reason: "mark-of-ada"})
	p.Seed(job.Job{ID: "far", Owner: "ada", Client: "south", State: job.Failed, Reason: "mark-of-south"})
	return p
}

func TestAPowerUserHasOnlyTheirOwnJobs(t *testing.T) {
	h, paul := serve(t, house()), people["power user"]
	for _, target := range []string{
		"GET /api/v1/jobs/hers", "POST /api/v1/jobs/hers/abort", "POST /api/v1/jobs/hers/retry",
		"GET /api/v1/jobs/hers/errors", "GET /api/v1/jobs/hers/errors?format=csv", "GET /api/v1/jobs/hers/logs",
	} {
		method, path, _ := strings.Cut(target, " ")
		if w := askedBy(h, paul, method, path, "{}"); w.Code != 404 {
			t.Errorf("%s answers %d: %s", target, w.Code, w.Body)
		}
	}
	for target, want := range map[string]int{"GET /api/v1/jobs/mine": 200, "GET /api/v1/jobs/child": 200, "GET /api/v1/jobs/child/logs": 200, "POST /api/v1/jobs/child/retry": 403} {
		method, path, _ := strings.Cut(target, " ")
		if w := askedBy(h, paul, method, path, "{}"); w.Code != want {
			t.Errorf("%s answers %d, want %d: %s", target, w.Code, want, w.Body)
		}
	}
	if w := askedBy(h, paul, "POST", "/api/v1/jobs/mine/abort", "{}"); w.Code == 403 || w.Code == 404 {
		t.Errorf("aborting one's own job answers %d: %s", w.Code, w.Body)
	}
	list := askedBy(h, paul, "GET", "/api/v1/jobs", "").Body.String()
	if strings.Contains(list, "mark-of") || !strings.Contains(list, `"mine"`) || strings.Contains(list, `"failed":`) {
		t.Errorf("the list is %s", list)
	}
	if lineage := askedBy(h, paul, "GET", "/api/v1/jobs?root=mine", "").Body.String(); !strings.Contains(lineage, `"child"`) {
		t.Errorf("the lineage is %s", lineage)
	}
}

func TestWhoSeesAClientSeesNothingOfAnother(t *testing.T) {
	h, vera := serve(t, house()), role(auth.Viewer, "north")
	for pattern := range h.Needs() {
		method, path, _ := strings.Cut(pattern, " ")
		if method != "GET" || strings.HasSuffix(path, "/events") || strings.HasSuffix(path, "openapi.yaml") {
			continue
		}
		for _, id := range []string{"far", "south", "roster.sync"} {
			w := askedBy(h, vera, method, parameter.ReplaceAllString(path, id), "")
			if body := w.Body.String(); strings.Contains(body, "mark-of-south") || strings.Contains(body, `"South"`) {
				t.Errorf("%s with %s shows %s", pattern, id, body)
			}
		}
	}
	if list := askedBy(h, vera, "GET", "/api/v1/jobs", "").Body.String(); !strings.Contains(list, "mark-of-ada") {
		t.Errorf("the list is %s", list)
	}
}

func TestNobodyStartsJobsBeyondTheirRights(t *testing.T) {
	h := serve(t, house())
	for client, want := range map[string]int{"north": 201, "south": 400} {
		w := askedBy(h, role(auth.PowerUser, "north"), "POST", "/api/v1/jobs", `{"task":"cache.clear","client":"`+client+`"}`)
		if w.Code != want {
			t.Errorf("a job of %s is answered by %d, want %d: %s", client, w.Code, want, w.Body)
		}
	}
	for _, tt := range []struct{ method, target, body string }{
		{"POST", "/api/v1/schedules/roster.sync/run", "{}"},
		{"POST", "/api/v1/schedules/roster.sync/pause", `{"note":"x"}`},
		{"PUT", "/api/v1/limits", `{"task":"cache.clear","max":1}`},
	} {
		if w := askedBy(h, role(auth.Operator, "north"), tt.method, tt.target, tt.body); w.Code != 403 && w.Code != 404 {
			t.Errorf("%s answers %d: %s", tt.target, w.Code, w.Body)
		}
	}
}

func TestErrorsOfSeveralClientsAreInOneOrder(t *testing.T) {
	p := house()
	for id, client := range map[string]string{"e1": "south", "e2": "north", "e3": "south", "e4": "north"} {
		p.Seed(job.Job{ID: id, Client: client, State: job.Succeeded})
		p.SeedErrors(id, job.RecordError{Seq: 1, Code: "BAD", Message: "no date", At: apitest.Now}, job.RecordError{Seq: 2, Code: "BAD", Message: "no date", At: apitest.Now})
	}
	vera := auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer, Client: "north"}, {Role: auth.Viewer, Client: "south"}}}
	w := askedBy(serve(t, p), vera, "GET", "/api/v1/errors/"+job.Fingerprint("roster.sync", "BAD", "no date")+"?format=csv", "")
	var got []string
	for line := range strings.Lines(w.Body.String()) {
		f := strings.Split(line, ",")
		got = append(got, f[0]+"."+f[2])
	}
	if want := []string{"job.number", "e4.2", "e4.1", "e3.2", "e3.1", "e2.2", "e2.1", "e1.2", "e1.1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
