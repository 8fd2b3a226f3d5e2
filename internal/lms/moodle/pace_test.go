package moodle_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A watched site notes which writers meet in it.
type watched struct {
	*moodlesim.Site
	mu       sync.Mutex
	writing  map[string]int // calls by course, or by user name
	meetings int
	most     int // calls at once
	now      int
}

var subjects = regexp.MustCompile(`(courseid|shortname|username)\]=([^&]+)`)

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	found := map[string]bool{}
	if !strings.Contains(string(body), "_get_") {
		for _, m := range subjects.FindAllStringSubmatch(string(body), -1) {
			found[m[0]] = true
		}
	}
	w.note(found, 1)
	time.Sleep(5 * time.Millisecond)
	w.Site.ServeHTTP(rw, r)
	w.note(found, -1)
}

func (w *watched) note(found map[string]bool, change int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now += change
	w.most = max(w.most, w.now)
	for what := range found {
		if w.writing[what] += change; w.writing[what] > 1 {
			w.meetings++
		}
	}
}

func newWatched(t *testing.T) (*watched, *moodle.Target) {
	w := &watched{Site: moodlesim.New(moodlesim.Options{Token: secret}), writing: map[string]int{}}
	return w, target(t, w, moodle.Config{Token: secret})
}

func TestNeverTwoWritersInOneCourse(t *testing.T) {
	w, m := newWatched(t)
	var users, courses []string
	for i := range 20 {
		name := strconv.Itoa(i)
		users = append(users, strconv.Itoa(w.AddUser(moodlesim.User{Username: "u" + name, Email: "u" + name + "@example.edu"}).ID))
	}
	for _, name := range []string{"A", "B", "C", "D"} {
		courses = append(courses, strconv.Itoa(w.AddCourse(moodlesim.Course{Shortname: name, Fullname: name}).ID))
	}
	var writers sync.WaitGroup
	for n := range 16 {
		writers.Go(func() {
			pair := []string{courses[n%4], courses[(n/4)%4]}
			written, err := m.Enrol(t.Context(), everybody(users, pair))
			wantCodes(t, written, err, map[int]string{})
		})
	}
	writers.Wait()
	if w.meetings != 0 || len(w.Enrolments()) != 80 {
		t.Errorf("%d writers met in a course, %d enrolments, want 0 and 80", w.meetings, len(w.Enrolments()))
	}
	if w.most < 2 {
		t.Error("different courses were not written at once")
	}
}

func TestOfSeveralWhoCreateTheSameOnlyOneDoes(t *testing.T) {
	w, m := newWatched(t)
	course := sis.Course{Key: "BIO-1", Shortname: "BIO-1", Fullname: "Biology"}
	ids := make(chan string, 16)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			written, err := m.CreateCourses(t.Context(), []sis.Course{course})
			wantCodes(t, written, err, map[int]string{})
			ids <- "course " + written[0].ID
			written, err = m.CreateUsers(t.Context(), []sis.User{person(1)})
			wantCodes(t, written, err, map[int]string{})
			ids <- "user " + written[0].ID
		})
	}
	writers.Wait()
	close(ids)
	distinct := map[string]bool{}
	for id := range ids {
		distinct[id] = true
	}
	if len(distinct) != 2 || len(w.Courses()) != 1 || len(w.Users()) != 1 || w.meetings != 0 {
		t.Errorf("ids %v, %d courses, %d users, %d meetings, want one course and one user", distinct, len(w.Courses()), len(w.Users()), w.meetings)
	}
}

// sized is a Moodle that takes a while for each row, and notes how many rows
// the calls had.
func sized(perRow time.Duration) (rows *[]int, site *moodlesim.Site, h http.Handler) {
	rows, site = new([]int), moodlesim.New(moodlesim.Options{Token: secret})
	return rows, site, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if n := strings.Count(string(body), "[roleid]"); n > 0 {
			*rows = append(*rows, n)
			time.Sleep(time.Duration(n) * perRow)
		}
		site.ServeHTTP(w, r)
	})
}

func TestBatchesAreAsLargeAsMoodleWritesInAboutASecond(t *testing.T) {
	rows, site, h := sized(4 * time.Millisecond) // 25 rows in a tenth of a second, which is the aim here
	m := target(t, h, moodle.Config{Token: secret})
	m.Aim(100 * time.Millisecond)
	users, courses := campusOf(site, 400)
	written, err := m.Enrol(t.Context(), everybody(users, courses))
	wantCodes(t, written, err, map[int]string{})
	last := (*rows)[len(*rows)-2] // the last one is what was left
	if (*rows)[0] != 50 || last >= 50 || last < 10 {
		t.Errorf("batches of %v rows, want 50 at first and then about 25 to 40", *rows)
	}
}

func TestABatchGrowsWhenMoodleIsFastAgain(t *testing.T) {
	rows, site, h := sized(0)
	m := target(t, h, moodle.Config{Token: secret, Batch: 60})
	m.Slow("enrol_manual_enrol_users", 4)
	users, courses := campusOf(site, 900)
	written, err := m.Enrol(t.Context(), everybody(users, courses))
	wantCodes(t, written, err, map[int]string{})
	for i, n := range *rows {
		if i > 0 && i < len(*rows)-1 && (n < (*rows)[i-1] || n > (*rows)[i-1]*2) || n > 60 {
			t.Fatalf("batches of %v rows, want them to grow slowly up to 60", *rows)
		}
	}
	if (*rows)[0] != 4 || (*rows)[len(*rows)-2] != 60 {
		t.Errorf("batches of %v rows, want 4 at first and 60 in the end", *rows)
	}
}

// campusOf makes that many accounts and one course.
func campusOf(site *moodlesim.Site, people int) (users, courses []string) {
	for i := range people {
		name := "u" + strconv.Itoa(i)
		users = append(users, strconv.Itoa(site.AddUser(moodlesim.User{Username: name, Email: name + "@example.edu"}).ID))
	}
	return users, []string{strconv.Itoa(site.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C"}).ID)}
}

// TestCallsPerChangedRow counts every call, those that only look included.
func TestCallsPerChangedRow(t *testing.T) {
	c := newCampus(t)
	course, err := c.CreateCourses(t.Context(), []sis.Course{{Key: "C", Shortname: "C", Fullname: "C"}})
	wantCodes(t, course, err, map[int]string{})
	users := people(1000)
	var keys []string
	for _, u := range users {
		keys = append(keys, u.Key)
	}
	c.ResetCounts()
	if _, err := c.Target.Users(t.Context(), sis.UserByKey, keys); err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateUsers(t.Context(), users)
	wantCodes(t, made, err, map[int]string{})
	var ids []string
	for i := range users {
		users[i].ID, users[i].Family = made[i].ID, "Changed"
		ids = append(ids, made[i].ID)
	}
	written, err := c.UpdateUsers(t.Context(), users)
	wantCodes(t, written, err, map[int]string{})
	written, err = c.Enrol(t.Context(), everybody(ids, []string{course[0].ID}))
	wantCodes(t, written, err, map[int]string{})
	calls := 0
	for _, n := range c.Calls() {
		calls += n
	}
	perRow := float64(calls) / 3000
	t.Logf("%d calls for 3000 changed rows: %.3f per row", calls, perRow)
	if perRow > 0.05 {
		t.Errorf("%.3f calls per changed row, want 0.05 at most", perRow)
	}
}
