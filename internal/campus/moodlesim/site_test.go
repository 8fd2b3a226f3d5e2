package moodlesim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
)

const (
	refused    = `"errorcode":"invalidparameter"`
	collided   = `"errorcode":"dmlwriteexception"`
	createForm = "wsfunction=core_user_create_users"
	enrolForm  = "wsfunction=enrol_manual_enrol_users"
	updateForm = "wsfunction=core_user_update_users"
)

// post calls a function and returns the answer.
func post(site *moodlesim.Site, form string) (status int, body string) {
	r := httptest.NewRequest(http.MethodPost, "/webservice/rest/server.php",
		strings.NewReader("wstoken=demo&moodlewsrestformat=json&"+form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func answerOf(t *testing.T, site *moodlesim.Site, form string) string {
	t.Helper()
	status, body := post(site, form)
	if status != http.StatusOK {
		t.Fatalf("status = %d, want 200; body %s", status, body)
	}
	return body
}

// newUsers is the form that creates accounts from up to before to, with seven
// fields each.
func newUsers(from, to int) string {
	form := createForm
	for i := range to - from {
		n := strconv.Itoa(from + i)
		form += userRow(i, "u"+n, "u"+n+"@example.invalid")
	}
	return form
}

func userRow(i int, name, email string) string {
	return fmt.Sprintf("&users[%d][username]=%s&users[%[1]d][firstname]=A&users[%[1]d][lastname]=B&users[%[1]d][email]=%[3]s"+
		"&users[%[1]d][idnumber]=K&users[%[1]d][auth]=oauth2&users[%[1]d][city]=X", i, name, url.QueryEscape(email))
}

func enrolments(course int, users ...moodlesim.User) string {
	form := enrolForm
	for i, u := range users {
		form += fmt.Sprintf("&enrolments[%d][roleid]=5&enrolments[%[1]d][userid]=%[2]d&enrolments[%[1]d][courseid]=%[3]d", i, u.ID, course)
	}
	return form
}

func TestDropsVariablesOverTheLimitLikePHP(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	withinARow := "moodlewsrestformat=json&moodlewsrestformat=json&" + newUsers(0, 1500)
	if body := answerOf(t, site, withinARow); !strings.Contains(body, refused) || len(site.Users()) != 0 {
		t.Errorf("1500 rows cut within a row: %d accounts and %.100s, want none and invalidparameter", len(site.Users()), body)
	}
	var made []any
	if err := json.Unmarshal([]byte(answerOf(t, site, newUsers(0, 800))), &made); err != nil {
		t.Fatal(err)
	}
	if len(made) != 714 || len(site.Users()) != 714 {
		t.Errorf("800 rows: %d answered, %d made, want 714", len(made), len(site.Users()))
	}
	answerOf(t, site, newUsers(714, 1300))
	answerOf(t, site, newUsers(1300, 1800))
	course := site.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C"})
	body := answerOf(t, site, enrolments(course.ID, site.Users()...))
	if got := len(site.Enrolments()); body != "null" || got != 1666 {
		t.Errorf("1800 enrolments: answer %s and %d made, want null and 1666", body, got)
	}
}

func TestCreatesAllUsersOfABatchOrNone(t *testing.T) {
	for name, bad := range map[string]string{
		"user name taken":             userRow(30, "taken", "new@example.invalid"),
		"address taken":               userRow(30, "new", "Taken@example.invalid"),
		"address twice in the batch":  userRow(30, "new", "u7@example.invalid"),
		"name twice in the batch":     userRow(30, "u7", "new@example.invalid"),
		"neither password nor a mail": strings.ReplaceAll(userRow(30, "new", "new@example.invalid"), "oauth2", "manual"),
	} {
		t.Run(name, func(t *testing.T) {
			site := moodlesim.New(moodlesim.Options{})
			site.AddUser(moodlesim.User{Username: "taken", Email: "taken@example.invalid"})
			body := answerOf(t, site, newUsers(0, 30)+bad)
			if got := len(site.Users()); !strings.Contains(body, refused) || got != 1 {
				t.Errorf("answer %s and %d accounts, want invalidparameter and the one from before", body, got)
			}
		})
	}
}

func TestFinishesTheWorkOfAClientThatHasGone(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	site.SetFaults(moodlesim.Faults{Latency: time.Hour})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(whole))
		leave() // the client goes when its call is here
		site.ServeHTTP(w, r)
	}))
	defer server.Close()
	form := "wstoken=demo&moodlewsrestformat=json&" + newUsers(0, 60)
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/webservice/rest/server.php", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want that the client has gone", err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(site.Users()) < 60 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if got := len(site.Users()); got != 60 {
		t.Fatalf("%d accounts, want 60", got)
	}
	site.SetFaults(moodlesim.Faults{})
	if body := answerOf(t, site, newUsers(0, 60)); !strings.Contains(body, refused) {
		t.Errorf("the same call again: %s, want invalidparameter", body)
	}
}

func TestCutsTheConnectionAfterTheWork(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	site.SetFaults(moodlesim.Faults{CutEvery: 1})
	server := httptest.NewServer(site)
	defer server.Close()
	_, err := http.PostForm(server.URL+"/webservice/rest/server.php?wstoken=demo&moodlewsrestformat=json&"+newUsers(0, 1), nil)
	if err == nil || len(site.Users()) != 1 {
		t.Errorf("error = %v and %d accounts, want a lost answer and one account", err, len(site.Users()))
	}
}

func TestRefusesEveryNthCall(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	site.SetFaults(moodlesim.Faults{BusyEvery: 3, CollideEvery: 2})
	var got []string
	for n := range 6 {
		status, body := post(site, newUsers(n, n+1))
		got = append(got, fmt.Sprint(status, strings.Contains(body, collided)))
	}
	want := []string{"200 false", "200 true", "503 false", "200 true", "200 false", "503 false"}
	if diff := cmp.Diff(want, got); diff != "" || len(site.Users()) != 2 {
		t.Errorf("%d accounts, want 2; status and collision by call (-want +got):\n%s", len(site.Users()), diff)
	}
}

func TestForgetsAnExpiredTokenWhenItIsUsed(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	site.Fail(moodlesim.TokenExpired)
	const call = "wsfunction=core_webservice_get_site_info"
	for i, want := range []string{"accessexception", "invalidtoken", "invalidtoken"} {
		if body := answerOf(t, site, call); !strings.Contains(body, want) {
			t.Errorf("call %d: %s, want %s", i+1, body, want)
		}
	}
}

func TestUpdatesTheRowsThatItCan(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	a := site.AddUser(moodlesim.User{Username: "a", Email: "a@example.invalid"})
	b := site.AddUser(moodlesim.User{Username: "b", Email: "b@example.invalid"})
	form := fmt.Sprintf("%s&users[0][id]=%d&users[0][city]=New&users[1][id]=%d&users[1][city]=Bad&users[1][password]=short", updateForm, a.ID, b.ID)
	body := answerOf(t, site, form)
	got := []string{site.Users()[0].City, site.Users()[1].City}
	if diff := cmp.Diff([]string{"New", ""}, got); diff != "" || !strings.Contains(body, "invalidresponse") {
		t.Errorf("answer %s, want invalidresponse; cities (-want +got):\n%s", body, diff)
	}
}

func TestEnrollingAgainResetsWhatIsLeftOut(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	course := site.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C"})
	user := site.AddUser(moodlesim.User{Username: "a", Email: "a@example.invalid"})
	one := enrolments(course.ID, user)
	answerOf(t, site, one+"&enrolments[0][timestart]=1787000000&enrolments[0][timeend]=1790000000&enrolments[0][suspend]=1")
	want := moodlesim.Enrolment{
		Course: course.ID, User: user.ID, Roles: []int{5}, Status: moodlesim.Suspended,
		Start: time.Unix(1787000000, 0).UTC(), End: time.Unix(1790000000, 0).UTC(),
	}
	if diff := cmp.Diff([]moodlesim.Enrolment{want}, site.Enrolments()); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	answerOf(t, site, strings.Replace(one, "[roleid]=5", "[roleid]=3", 1))
	want = moodlesim.Enrolment{Course: course.ID, User: user.ID, Roles: []int{5, 3}, Status: moodlesim.Active}
	if diff := cmp.Diff([]moodlesim.Enrolment{want}, site.Enrolments()); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
	unenrol := fmt.Sprintf("wsfunction=enrol_manual_unenrol_users&enrolments[0][userid]=%d&enrolments[0][courseid]=%d", user.ID, course.ID)
	if body := answerOf(t, site, unenrol); body != "null" || len(site.Enrolments()) != 0 {
		t.Errorf("unenrol: %s and %d enrolments, want null and none", body, len(site.Enrolments()))
	}
}

func TestSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "moodle.json")
	before := moodlesim.New(moodlesim.Options{})
	if err := before.Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("error = %v, want os.ErrNotExist before anything was saved", err)
	}
	course := before.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C", Start: time.Unix(1788130800, 0).UTC()})
	answerOf(t, before, newUsers(0, 3))
	answerOf(t, before, enrolments(course.ID, before.Users()...))
	if err := before.Save(path); err != nil {
		t.Fatal(err)
	}
	after := moodlesim.New(moodlesim.Options{})
	if err := after.Load(path); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.State(), after.State()); diff != "" {
		t.Errorf("state (-before +after):\n%s", diff)
	}
	if body := answerOf(t, after, newUsers(2, 3)); !strings.Contains(body, refused) {
		t.Errorf("creating an account again: %s, want invalidparameter", body)
	}
	if body := answerOf(t, after, newUsers(3, 4)); !strings.Contains(body, `"id":7`) {
		t.Errorf("next account: %s, want id 7", body)
	}
}

func TestRefusesAFileThatIsNoState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "moodle.json")
	if err := os.WriteFile(path, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	site := moodlesim.New(moodlesim.Options{})
	site.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C"})
	if err := site.Load(path); err == nil || len(site.Courses()) != 1 {
		t.Errorf("error = %v with %d courses, want an error and the state from before", err, len(site.Courses()))
	}
}

func TestShowsPeopleThatItIsNoRealLMS(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	site.AddCourse(moodlesim.Course{Shortname: "<C>", Fullname: "C"})
	answerOf(t, site, newUsers(0, 2))
	page := get(t, site, "/")
	for _, want := range []string{
		"Simulated Moodle — not a real LMS", "&lt;C&gt;", `id="users">2<`, `id="courses">1<`, `id="enrolments">0<`, "core_user_create_users",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q:\n%s", want, page)
		}
	}
	var state moodlesim.State
	if err := json.Unmarshal([]byte(get(t, site, "/simulator/state.json")), &state); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(site.State(), state); diff != "" {
		t.Errorf("state.json (-want +got):\n%s", diff)
	}
}

func get(t *testing.T, site *moodlesim.Site, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	body, _ := io.ReadAll(w.Body)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d", path, w.Code)
	}
	return string(body)
}

func TestCountsTheCallsThatWrite(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	answerOf(t, site, newUsers(0, 2))
	answerOf(t, site, newUsers(0, 2)) // refused, and counted
	answerOf(t, site, "wsfunction=core_webservice_get_site_info")
	if diff := cmp.Diff(map[string]int{"core_user_create_users": 2}, site.WriteCalls()); diff != "" {
		t.Errorf("calls that write (-want +got):\n%s", diff)
	}
	site.ResetCounts()
	if got := site.WriteCalls(); len(got) != 0 {
		t.Errorf("calls that write after a reset = %v, want none", got)
	}
}

func TestServesManyAtOnce(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{})
	answerOf(t, site, newUsers(0, 300))
	users := site.Users()
	var callers sync.WaitGroup
	for range 14 {
		course := site.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C"})
		callers.Go(func() {
			for i := 0; i < len(users); i += 50 {
				if _, body := post(site, enrolments(course.ID, users[i:i+50]...)); body != "null" {
					t.Errorf("answer = %s, want null", body)
				}
			}
			get(t, site, "/simulator/state.json")
		})
	}
	callers.Wait()
	if got := len(site.Enrolments()); got != 4200 {
		t.Errorf("%d enrolments, want 4200", got)
	}
}

func FuzzForm(f *testing.F) {
	f.Add("users[0][username]=a&users[][username]=b&values[abc]=c")
	f.Add("[=1&a[b=2&a[b]=3&=4&%zz=5&a=6&a[0]=7")
	f.Fuzz(func(t *testing.T, form string) {
		site := moodlesim.New(moodlesim.Options{})
		if _, body := post(site, form+"&wsfunction=core_user_get_users_by_field&field=username&values[0]=x"); !json.Valid([]byte(body)) {
			t.Errorf("answer is not JSON: %s", body)
		}
	})
}

func BenchmarkEnrol4200(b *testing.B) {
	site := moodlesim.New(moodlesim.Options{})
	for n := range 300 {
		site.AddUser(moodlesim.User{Username: "u" + strconv.Itoa(n), Email: strconv.Itoa(n)})
	}
	users := site.Users()
	for b.Loop() {
		for c := range 14 {
			course := site.AddCourse(moodlesim.Course{ID: 2 + c, Shortname: "C", Fullname: "C"})
			for i := 0; i < len(users); i += 50 {
				post(site, enrolments(course.ID, users[i:i+50]...))
			}
		}
	}
}
