package onerosterapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/onerosterapi"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestSaysWhoHasToDoSomething(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		body      string
		code      string
		temporary bool
		words     string
	}{
		"a bad request":          {400, `{"imsx_codeMinor":"invalid_data"}`, "SRC_SCHEMA", false, "(HTTP 400 “invalid_data”)"},
		"a bad request, nested":  {400, `{"imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldValue":"invalid_filter_field"}]}}`, "SRC_SCHEMA", false, "“invalid_filter_field”"},
		"what names somebody":    {400, `{"imsx_codeMinor":"sam@campus.example"}`, "SRC_SCHEMA", false, "(HTTP 400)"},
		"a token that is no use": {401, "", "SRC_AUTH", false, "has just given"},
		"other rights":           {403, `<html>`, "SRC_SCOPE", false, "core roster"},
		"nothing there":          {404, "", "SRC_SCHEMA", false, "/ims/oneroster/rostering/v1p2/enrollments (HTTP 404)"},
		"a slow gateway":         {504, "", "SRC_TIMEOUT", true, "in time"},
		"too many requests":      {429, "", "SRC_RATE_LIMITED", true, "too many requests"},
		"maintenance":            {503, "<html>", "SRC_UNAVAILABLE", true, "HTTP 503"},
		"a crash":                {500, "", "SRC_UNAVAILABLE", true, "HTTP 500"},
		"no content":             {204, "", "SRC_SCHEMA", false, "HTTP 204"},
		"a page for people":      {200, "<html>Sign in, Sam</html>", "SRC_SCHEMA", false, "is not JSON"},
		"another list":           {200, `{"classes":[]}`, "SRC_SCHEMA", false, `no "enrollments"`},
		"no list":                {200, `[1,2]`, "SRC_SCHEMA", false, "is not the list of rows"},
		"no list inside":         {200, `{"enrollments":7}`, "SRC_SCHEMA", false, "is not the list of rows"},
		"nothing at all":         {200, "", "SRC_UNAVAILABLE", true, "ends in the middle"},
		"half of it":             {200, `{"enrollments":[{"sourcedId":"a"},{"so`, "SRC_UNAVAILABLE", true, "ends in the middle"},
		"a row without end":      {200, `{"enrollments":[{"sourcedId":"` + strings.Repeat("x", 3<<20) + `"}]}`, "SRC_SCHEMA", false, "larger than any roster"},
	} {
		t.Run(name, func(t *testing.T) {
			source := serve(t, "1.2", api(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			got := pullFrom(t.Context(), source, sis.Registrations, "")
			wantError(t, got, test.code, test.temporary, test.words)
			if strings.Contains(got.err.Error(), "Sam") || strings.Contains(got.err.Error(), "sam@") {
				t.Errorf("%q names a person", got.err)
			}
		})
	}
}

func TestSaysWhatTheTokenServerDoesNotGive(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		body      string
		code      string
		temporary bool
	}{
		"wrong credentials":     {401, `{"error":"invalid_client"}`, "SRC_AUTH", false},
		"wrong credentials too": {400, `{"error":"invalid_client"}`, "SRC_AUTH", false},
		"a scope too much":      {400, `{"error":"invalid_scope"}`, "SRC_SCOPE", false},
		"maintenance":           {503, "", "SRC_UNAVAILABLE", true},
		"no token":              {200, `{}`, "SRC_SCHEMA", false},
		"no JSON":               {200, `<html>`, "SRC_SCHEMA", false},
	} {
		t.Run(name, func(t *testing.T) {
			source := serve(t, "1.1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			wantError(t, pullFrom(t.Context(), source, sis.Terms, ""), test.code, test.temporary, "")
		})
	}
}

func TestWaitsAsLongAsTheServiceSaysAndNoLongerThanMakesSense(t *testing.T) {
	for name, test := range map[string]struct {
		retryAfter  string
		least, most time.Duration // between the first request and the last
		requests    int32
	}{
		"as many seconds":        {"20", 4 * 20 * time.Second, 4 * 21 * time.Second, 5},
		"nothing said":           {"", 15 * time.Second, 19 * time.Second, 5},
		"nonsense":               {"soon", 15 * time.Second, 19 * time.Second, 5},
		"an hour is not for now": {"3600", 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				source := within(api(func(w http.ResponseWriter, _ *http.Request) {
					requests.Add(1)
					w.Header().Set("Retry-After", test.retryAfter)
					w.WriteHeader(http.StatusTooManyRequests)
				}))
				start := time.Now()
				wantError(t, pullFrom(t.Context(), source, sis.Persons, ""), "SRC_RATE_LIMITED", true, "too many requests")
				if took := time.Since(start); took < test.least || took > test.most || requests.Load() != test.requests {
					t.Errorf("%d requests in %v, want %d in %v to %v", requests.Load(), took, test.requests, test.least, test.most)
				}
			})
		})
	}
}

func TestAPauseEndsWithThePull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := within(api(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
		ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer stop()
		start := time.Now()
		if got := pullFrom(ctx, source, sis.Persons, ""); !errors.Is(got.err, context.DeadlineExceeded) || time.Since(start) != 1500*time.Millisecond {
			t.Errorf("error %v after %v, want the context's after 1.5s", got.err, time.Since(start))
		}
	})
}

func TestGivesUpOnAnAnswerThatStalls(t *testing.T) {
	gone := make(chan struct{})
	source := serve(t, "1.2", api(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"enrollments":[`)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	}))
	t.Cleanup(func() { close(gone) })
	source.Patience(50 * time.Millisecond)
	wantError(t, pullFrom(t.Context(), source, sis.Registrations, ""), "SRC_TIMEOUT", true, "in time")
}

func TestASlowReceiverIsNotASlowService(t *testing.T) {
	source := serve(t, "1.2", sisrest.New(bundle(sistest.NewCampus(3)), sisrest.Faults{}))
	source.Patience(100 * time.Millisecond)
	_, err := source.Pull(t.Context(), sis.Request{Stream: sis.Terms}, func(sis.Record) error {
		time.Sleep(150 * time.Millisecond)
		return nil
	})
	if err != nil {
		t.Errorf("error = %v", err)
	}
}

func TestStreamsShareOneToken(t *testing.T) {
	service := sisrest.New(bundle(sistest.NewCampus(30)), sisrest.Faults{Pages: 5})
	source := serve(t, "1.2", service)
	var group sync.WaitGroup
	for range 3 {
		for _, stream := range sis.Streams {
			group.Go(func() {
				if got := pullFrom(t.Context(), source, stream, ""); got.err != nil {
					t.Errorf("%s: %v", stream, got.err)
				}
			})
		}
	}
	group.Wait()
	if service.Tokens() != 1 {
		t.Errorf("%d tokens were fetched, want one", service.Tokens())
	}
}

func TestATokenIsReplacedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := sisrest.New(bundle(sistest.NewCampus(3)), sisrest.Faults{})
		source := within(service)
		for _, test := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {58 * time.Minute, 1}, {90 * time.Second, 2}} {
			time.Sleep(test.after)
			pull(t, source, sis.Terms, "")
			if service.Tokens() != test.want {
				t.Errorf("%d tokens, want %d", service.Tokens(), test.want)
			}
		}
	})
}

func TestDoesNotFollowARedirectToAnotherHost(t *testing.T) {
	visited := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	t.Cleanup(elsewhere.Close)
	source := serve(t, "1.2", api(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }))

	wantError(t, pullFrom(t.Context(), source, sis.Terms, ""), "CONFIG_INVALID", false, "redirects elsewhere")
	if visited {
		t.Error("the other host was asked")
	}
}

func TestAsksForTheCoreRosterOnlyAndWhereTheVersionHasIt(t *testing.T) {
	for version, want := range map[string]string{"1.1": "/ims/oneroster/v1p1/users", "1.2": "/ims/oneroster/rostering/v1p2/users"} {
		for _, address := range []string{"", "/", strings.TrimSuffix(want, "/users")} {
			var asked, scope string
			mux := http.NewServeMux()
			mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
				scope = r.FormValue("scope")
				fmt.Fprint(w, `{"access_token":"t"}`)
			})
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Path
				fmt.Fprint(w, `{"users":[]}`)
			})
			pull(t, onerosterapi.New(onerosterapi.Config{
				URL: "http://sis.example" + address, Version: version, TokenURL: "http://sis.example/token", HTTP: transport{mux},
			}), sis.Persons, "")
			if asked != want || !strings.HasSuffix(scope, "v1p"+version[2:]+"/scope/roster-core.readonly") {
				t.Errorf("%s: asked for %s with scope %s, want %s", version, asked, scope, want)
			}
		}
	}
}
