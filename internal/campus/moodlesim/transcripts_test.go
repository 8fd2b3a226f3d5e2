package moodlesim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
)

// A transcript is a recorded exchange with a real Moodle 4.5.
type transcript struct {
	Case     string `json:"case"`
	Function string `json:"function"`
	Form     string `json:"request_form"`
	Status   int    `json:"status"`
	Type     string `json:"content_type"`
	Response any    `json:"response"`
	Prefix   string `json:"response_text_prefix"`
	Items    int    `json:"response_items_total"` // of which Response shows two
}

// modes are the transcripts of a site that refuses to talk.
var modes = map[string]moodlesim.Mode{
	"err_database_down":                   moodlesim.DatabaseDown,
	"err_maintenance_cli":                 moodlesim.MaintenanceByCLI,
	"err_maintenance_web":                 moodlesim.MaintenanceByAdmin,
	"err_missing_capability":              moodlesim.MissingCapability,
	"err_php_fpm_down":                    moodlesim.GatewayDown,
	"err_rest_protocol_disabled":          moodlesim.ServicesOff,
	"err_webservices_disabled":            moodlesim.ServicesOff,
	"err_service_disabled":                moodlesim.AccessRefused,
	"err_service_user_suspended":          moodlesim.UserSuspended,
	"err_token_expired":                   moodlesim.TokenExpired,
	"err_token_ip_restricted":             moodlesim.AccessRefused,
	"err_user_not_authorised_for_service": moodlesim.AccessRefused,
}

// recorded is how many exchanges there are: all of the recordings in which a
// request was kept. Every one of them is replayed.
const recorded = 262

func TestAnswersAsTheRecordedMoodle(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.json")
	if err != nil || len(files) != recorded {
		t.Fatalf("found %d transcripts (%v), want %d", len(files), err, recorded)
	}
	agreed := 0
	for _, file := range files {
		tr := readTranscript(t, file)
		if t.Run(tr.Case, func(t *testing.T) { replay(t, tr) }) {
			agreed++
		}
	}
	t.Logf("the simulator agrees with %d of %d transcripts", agreed, recorded)
}

func readTranscript(t *testing.T, file string) transcript {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tr transcript
	if err := json.Unmarshal(text, &tr); err != nil {
		t.Fatal(err)
	}
	return tr
}

func replay(t *testing.T, tr transcript) {
	t.Helper()
	site := moodlesim.New(moodlesim.Options{
		Token: "TOKEN", Password: "PASSWORD", Name: "SIS sync test Moodle", Debugging: strings.HasPrefix(tr.Case, "dbg_"),
	})
	prepare(site, tr)
	site.Fail(modes[tr.Case])
	response := httptest.NewRecorder()
	site.ServeHTTP(response, request(t, tr))
	body, _ := io.ReadAll(response.Body)

	if response.Code != tr.Status {
		t.Errorf("status = %d, want %d", response.Code, tr.Status)
	}
	if got := response.Header().Get("Content-Type"); cut(got) != cut(tr.Type) {
		t.Errorf("content type = %q, want %q", got, tr.Type)
	}
	switch {
	case strings.HasPrefix(tr.Type, "text/html"): // a page of somebody else's making
		if (len(body) == 0) != (tr.Response == "") {
			t.Errorf("body = %q, want one that is empty if and only if the recorded one is", body)
		}
	case tr.Prefix != "" && cut(tr.Type) != "application/json":
		if got, want := string(body)[:400], tr.Prefix[:400]; got != want {
			t.Errorf("body begins (-want +got):\n%s", cmp.Diff(want, got))
		}
	case cut(tr.Type) != "application/json":
		if diff := cmp.Diff(tr.Response, any(string(body))); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
	default:
		compare(t, tr, body)
	}
}

func cut(kind string) string {
	kind, _, _ = strings.Cut(kind, ";")
	return kind
}

const (
	server       = "/webservice/rest/server.php"
	simpleServer = "/webservice/rest/simpleserver.php"
)

// request is the call as it was made.
func request(t *testing.T, tr transcript) *http.Request {
	form := whole(t, tr)
	method, target, kind := http.MethodPost, server, "application/x-www-form-urlencoded"
	switch {
	case strings.HasPrefix(form, "GET ?"):
		method, target, form = http.MethodGet, server+strings.TrimPrefix(form, "GET "), ""
	case strings.HasPrefix(form, "URL ?"):
		query, body, _ := strings.Cut(strings.TrimPrefix(form, "URL "), "  BODY ")
		target, form = server+query, body
	case strings.HasPrefix(form, "(application/json body) "):
		target, kind = server+"?moodlewsrestformat=json", "application/json"
		form = strings.TrimPrefix(form, "(application/json body) ")
	case strings.HasPrefix(form, "wsusername="):
		target = simpleServer
	case strings.HasPrefix(tr.Function, "POST "):
		target = strings.TrimPrefix(tr.Function, "POST ")
	}
	bearer, rest, ok := strings.Cut(form, "; ")
	if ok {
		form = rest
	}
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	r.Header.Set("Content-Type", kind)
	if ok {
		r.Header.Set("Authorization", strings.TrimPrefix(bearer, "Authorization: "))
	}
	return r
}

func compare(t *testing.T, tr transcript, body []byte) {
	t.Helper()
	if tr.Prefix != "" { // of which only the beginning was kept
		compareCourses(t, tr.Prefix, body)
		return
	}
	var got any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	if list, ok := got.([]any); ok && tr.Items > 0 {
		if len(list) != tr.Items {
			t.Errorf("%d items, want %d", len(list), tr.Items)
		}
		got = list[:min(2, len(list))]
	}
	if diff := cmp.Diff(comparable(tr, tr.Response), comparable(tr, got)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// compareCourses compares the short names that the beginning of a long list
// of courses shows, in their order.
func compareCourses(t *testing.T, prefix string, body []byte) {
	t.Helper()
	if diff := cmp.Diff(shortnames(prefix), shortnames(string(body))); diff != "" {
		t.Errorf("short names (-want +got):\n%s", diff)
	}
}

func shortnames(text string) []string {
	var names []string
	for _, part := range strings.Split(text, `"shortname":"`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		names = append(names, name)
	}
	return names
}
