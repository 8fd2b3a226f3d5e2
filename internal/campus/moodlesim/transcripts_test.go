package moodlesim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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

// notReplayed are the transcripts that cannot be replayed, and why.
var notReplayed = map[string]string{
	"batch_1500x7fields_over_max_input_vars":           "request cut in the transcript; TestDropsVariablesOverTheLimitLikePHP does the same",
	"batch_800_silently_truncated_to_714":              "request cut; see TestDropsVariablesOverTheLimitLikePHP",
	"enrol_1800_silently_truncated_to_1666":            "request cut; see TestDropsVariablesOverTheLimitLikePHP",
	"client_timeout_mid_batch":                         "no answer was recorded; see TestFinishesTheWorkOfAClientThatHasGone",
	"retry_after_client_timeout":                       "request cut; see TestFinishesTheWorkOfAClientThatHasGone",
	"create_courses_10_ok":                             "request cut",
	"create_users_50_one_duplicate_email":              "request cut; see TestCreatesAllUsersOfABatchOrNone",
	"create_users_50_one_existing_username":            "request cut; see TestCreatesAllUsersOfABatchOrNone",
	"create_users_50_two_rows_same_email_inside_batch": "request cut; see TestCreatesAllUsersOfABatchOrNone",
	"perf_create_users_500_t":                          "request cut",
	"perf_create_users_50_r":                           "request cut",
	"perf_create_users_nopassword_50":                  "request cut",
	"perf_create_users_nopassword_500":                 "request cut",
	"perf_enrol_50":                                    "request cut",
	"perf_enrol_500":                                   "request cut",
	"perf_get_users_by_field_50":                       "request cut",
	"perf_get_users_by_field_500":                      "request cut",
	"perf_update_users_50":                             "request cut",
	"perf_update_users_500":                            "request cut",
	"simpleserver_userpass":                            "another endpoint, which is not offered",
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

func TestAnswersAsTheRecordedMoodle(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.json")
	if err != nil || len(files) < 130 {
		t.Fatalf("found %d transcripts (%v), want 130 and more", len(files), err)
	}
	for _, file := range files {
		tr := readTranscript(t, file)
		t.Run(tr.Case, func(t *testing.T) {
			if reason := notReplayed[tr.Case]; reason != "" {
				t.Skip(reason)
			}
			replay(t, tr)
		})
	}
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
	site := moodlesim.New(moodlesim.Options{Token: "TOKEN", Name: "SIS sync test Moodle"})
	prepare(site, tr)
	site.Fail(modes[tr.Case])
	response := httptest.NewRecorder()
	site.ServeHTTP(response, request(tr))
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
	case tr.Prefix != "" && tr.Type != "application/json":
		if got, want := string(body)[:400], tr.Prefix[:400]; got != want {
			t.Errorf("body begins (-want +got):\n%s", cmp.Diff(want, got))
		}
	case tr.Type != "application/json":
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

// request is the call as it was made.
func request(tr transcript) *http.Request {
	const endpoint = "/webservice/rest/server.php"
	form := tr.Form
	method, target, kind := http.MethodPost, endpoint, "application/x-www-form-urlencoded"
	if query, ok := strings.CutPrefix(form, "GET ?"); ok {
		method, target, form = http.MethodGet, endpoint+"?"+query, ""
	}
	if body, ok := strings.CutPrefix(form, "(application/json body) "); ok {
		target, form, kind = endpoint+"?moodlewsrestformat=json", body, "application/json"
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
		got = list[:2]
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

// ignored are the fields that no fixture can foresee (ids that a write makes,
// times, addresses of pictures) and those of which the simulator has nothing.
var ignored = map[string]bool{
	"timecreated": true, "timemodified": true, "cacherev": true, "lastcourseaccess": true,
	"profileimageurl": true, "profileimageurlsmall": true, "userpictureurl": true, "courseimage": true,
	"userprivateaccesskey": true,
	"preferences":          true, // bookkeeping about the service user
	"filters":              true, // text filters and format options of a course
	"courseformatoptions":  true,
}

// comparable leaves out of an answer what is not compared.
func comparable(tr transcript, v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range v {
			made := name == "id" && strings.Contains(tr.Function, "_create_")
			if !ignored[name] && !made {
				kept[name] = comparable(tr, inner)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, inner := range v {
			if !foreign(inner) {
				kept = append(kept, comparable(tr, inner))
			}
		}
		return kept
	default:
		return v
	}
}

// foreign reports whether v is a function that the recorded service offered
// and the simulated one does not.
func foreign(v any) bool {
	entry, _ := v.(map[string]any)
	name, _ := entry["name"].(string)
	if entry["version"] == nil {
		return false
	}
	return !slices.Contains([]string{
		"core_webservice_get_site_info", "core_user_create_users", "core_user_update_users", "core_user_get_users",
		"core_user_get_users_by_field", "core_course_get_courses_by_field", "core_course_create_courses",
		"core_course_get_categories", "enrol_manual_enrol_users", "enrol_manual_unenrol_users",
		"core_enrol_get_enrolled_users", "core_enrol_get_users_courses",
	}, name)
}

// prepare makes the state that a transcript presupposes.
func prepare(site *moodlesim.Site, tr transcript) {
	seed(site)
	switch tr.Case {
	case "create_users_err_username_exists", "create_users_err_email_exists", "create_users_duplicate_idnumber_accepted":
		first(site, 128)
	case "create_courses_err_shortname_taken", "create_courses_err_idnumber_taken", "create_courses_batch_one_bad_atomic":
		site.AddCourse(moodlesim.Course{ID: 6, Shortname: "PHYS301", Idnumber: "PHYS-301-2027SP-01", Category: 5})
	case "get_users_by_field_deleted", "update_users_deleted_warning":
		site.AddUser(moodlesim.User{
			ID: 245, Username: "d00000@example.invalid.1795316688", Firstname: "First0", Lastname: "Last0",
			Email: "24ec3d02a74b16b040f8acded49242d6", Deleted: true,
		})
	case "get_users_by_field_unicode":
		site.AddUser(moodlesim.User{
			ID: 249, Username: "s00916", Firstname: "Zoë", Lastname: "O'Brien & Sön 漢字 😀", Email: "s00916@example.invalid", Idnumber: "SISS00916",
		})
	}
	switch {
	case tr.Function == "core_course_create_courses":
		site.AddCategory(moodlesim.Category{ID: 5, Name: "Spring 2027", Idnumber: "2027SP"})
	case strings.HasPrefix(tr.Function, "core_enrol_"):
		first(site, 128, 129, 130)
		tour(site)
	case strings.Contains(tr.Case, "perf_"), strings.Contains(tr.Case, "enc_"):
		fiveHundred(site)
	case !strings.Contains(tr.Function, "_create_"):
		first(site, 128, 129, 130, 131, 132, 133)
	}
	switch tr.Case {
	case "get_users_by_field_idnumber_case", "update_users_duplicate_email_other_case", "update_users_weak_password":
		fiveHundred(site)
	case "get_enrolled_users_lastcourseaccess", "perf_get_enrolled_users_500", "perf_get_enrolled_users_500_idonly":
		fiveHundred(site)
		for id := range 500 {
			site.AddEnrolment(student(5, 417+id))
		}
	case "update_users_batch_weak_password_exception_but_partly_done":
		for _, id := range []int{3706, 3707, 3708} {
			site.AddUser(moodlesim.User{ID: id, Username: "y" + strconv.Itoa(id), Firstname: "A", Lastname: "B", Email: strconv.Itoa(id) + "@example.invalid"})
		}
	case "get_users_lastname_wildcard":
		rename(site)
		for id, n := range map[int]string{246: "1", 247: "2", 248: "0"} {
			site.AddUser(moodlesim.User{
				ID: id, Username: "d0000" + n, Firstname: "First" + n, Lastname: "Last" + n, Email: "d0000" + n + "@example.invalid", Idnumber: "SISD0000" + n,
			})
		}
	}
}

// seed is what the recorded Moodle held at first.
func seed(site *moodlesim.Site) {
	site.AddCategory(moodlesim.Category{ID: 2, Name: "Fall 2026", Idnumber: "2026FA"})
	site.AddCategory(moodlesim.Category{ID: 3, Name: "Biology", Idnumber: "2026FA-BIO", Parent: 2})
	site.AddCategory(moodlesim.Category{ID: 4, Name: "Chemistry", Idnumber: "2026FA-CHEM", Parent: 2})
	for _, c := range []moodlesim.Course{
		{ID: 2, Category: 3, Shortname: "BIO101-01 26FA", Idnumber: "BIO-101-2026FA-01", Fullname: "Biology 101 section 01 (Fall 2026)"},
		{ID: 3, Category: 3, Shortname: "BIO101-02 26FA", Idnumber: "BIO-101-2026FA-02", Fullname: "Biology 101 section 02 (Fall 2026)"},
		{ID: 4, Category: 4, Shortname: "CHEM201-01 26FA", Idnumber: "CHEM-201-2026FA-01", Fullname: "Chemistry 201 (Fall 2026)"},
		{ID: 5, Category: 2, Shortname: "ORIENT 26FA", Idnumber: "ORIENT-2026FA", Fullname: "Orientation Fall 2026"},
	} {
		c.Start, c.End = time.Unix(1788130800, 0), time.Unix(1797638400, 0)
		site.AddCourse(c)
	}
}

// first adds those of the first accounts that the recorded Moodle had.
func first(site *moodlesim.Site, ids ...int) {
	for _, id := range ids {
		n := map[int]string{128: "1", 129: "2", 130: "3", 131: "4", 132: "902", 133: "915"}[id]
		name := "s00000"[:6-len(n)] + n
		u := moodlesim.User{
			ID: id, Username: name, Firstname: "First" + n, Lastname: "Last" + n, Email: name + "@example.invalid", Idnumber: "SIS" + strings.ToUpper(name),
		}
		switch id {
		case 129:
			u.Department, u.Institution, u.City, u.Country, u.Timezone = "Biology", "Demo U", "Boston", "US", "America/New_York"
		case 131:
			u.Auth = "oauth2"
		case 132:
			u.Idnumber = "SISS00001"
		}
		site.AddUser(u)
	}
}

// rename is what some updates did later to the second of them.
func rename(site *moodlesim.Site) {
	for _, u := range site.Users() {
		if u.ID == 129 {
			u.Firstname = "OkB"
			site.AddUser(u)
		}
	}
}

// tour is the state of the enrolments when the recorded Moodle was asked for
// them: three students, in two courses each.
func tour(site *moodlesim.Site) {
	for _, u := range site.Users() {
		switch u.ID {
		case 128:
			u.Idnumber = "SISS00002"
		case 129:
			u.Firstname = "OkB"
		}
		site.AddUser(u)
		site.AddEnrolment(student(2, u.ID))
		site.AddEnrolment(student(5, u.ID))
	}
}

func student(course, user int) moodlesim.Enrolment {
	return moodlesim.Enrolment{Course: course, User: user, Roles: []int{moodlesim.RoleStudent}}
}

func fiveHundred(site *moodlesim.Site) {
	for n := range 500 {
		name := "t" + strconv.Itoa(100000 + n)[1:]
		site.AddUser(moodlesim.User{
			ID: 417 + n, Username: name, Firstname: "First" + strconv.Itoa(n), Lastname: "Last" + strconv.Itoa(n),
			Email: name + "@example.invalid", Idnumber: "SIS" + strings.ToUpper(name), City: "City500",
		})
	}
}
