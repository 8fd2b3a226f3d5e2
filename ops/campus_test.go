package ops_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/internal/campus"
	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	invented "github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// The settings of the installation, whose SIS and LMS are simulators.
const settings = `
redis: redis://%[1]s/0
ledger: %[2]s/ledger.db
sources: {registrar: {driver: anthology, url: %[4]s, token_file: %[2]s/token}}
targets: {moodle: {driver: moodle, url: %[3]s, token_file: %[2]s/token, batch: 15}}
sinks: {office: {driver: anthology, url: %[4]s, token_file: %[2]s/token}}
syncs:
  demo:
    source: registrar
    target: moodle
    terms: all
    create_courses: true
    orientation_course: ` + campus.OrientationCourse + `
    schedule: never
    attendance: {sink: office, mode: sessions, credit: 5m, activity: {driver: csv, path: %[2]s/activity.csv}}
`

// token is what both simulators want to hear.
const token = "drill"

// A university is the simulated SIS, which is an inbox of messages and takes
// attendance, and the simulated LMS. Both are too busy now and then.
type university struct {
	sis     *anthologysim.Server
	lms     *moodlesim.Site
	version int // of what the SIS has told
	told    invented.Campus
}

// found starts the simulators and writes the settings.
func (s *site) found() {
	s.t.Helper()
	s.university = &university{
		sis: anthologysim.New(anthologysim.Options{Token: token, BusyEvery: 7}),
		lms: moodlesim.New(moodlesim.Options{Token: token}),
	}
	s.lms.SetFaults(moodlesim.Faults{Latency: 20 * time.Millisecond, BusyEvery: 29})
	s.lms.AddCourse(moodlesim.Course{Shortname: campus.OrientationCourse, Fullname: "Orientation", Idnumber: campus.OrientationCourse, Category: 1})
	s.write("token", token+"\n")
	s.write("activity.csv", "user,course,event,at\n")
	s.write("beadle.yaml", fmt.Sprintf(settings, s.redis, s.dir, s.serve(s.lms), s.serve(s.sis)))
	s.tell()
}

func (s *site) serve(h http.Handler) (url string) {
	server := httptest.NewServer(h)
	s.t.Cleanup(server.Close)
	return server.URL
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// tell has the SIS send messages of what has happened since the last time.
func (s *site) tell() {
	now := campus.Export(campus.SIS{Seed: 3}.Options(), s.version).Campus
	s.sis.Tell(s.told, now)
	s.told, s.version = now, s.version+1
}

// term brings the university into the LMS, syncs again what the SIS has told
// since, of which a plan is held, and posts two days of attendance. A counter
// that is first seen does not rise yet, so that all is done twice with scrapes
// in between.
func (s *site) term() {
	s.t.Helper()
	s.sync()
	s.eventually("enrolments", func() bool { return len(s.lms.Enrolments()) > 100 })
	s.doSomething()
	s.attend(2)
	time.Sleep(scrapes)
	s.attend(1)
	s.tell()
	s.sync()
	s.eventually("a held plan", func() bool {
		list, err := s.api().Plans(s.t.Context(), "demo", client.PlanFilter{State: sync.PlanHeld})
		return err == nil && len(list.Plans) > 0
	})
}

// sync runs the sync and waits until nothing more will follow.
func (s *site) sync() {
	s.t.Helper()
	job, err := s.api().RunSync(s.t.Context(), "demo", client.RunSync{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.eventually("end of the sync", func() bool {
		run, err := s.api().Run(s.t.Context(), "demo", job.ID)
		return err == nil && run.Done
	})
}

// doSomething says that everybody in the LMS did something on the last two days.
func (s *site) doSomething() {
	s.t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "user,course,event,at")
	for _, e := range s.lms.Enrolments() {
		for back := range 2 {
			noon := day(back + 1).Add(12 * time.Hour)
			for _, at := range []time.Time{noon, noon.Add(10 * time.Minute)} {
				fmt.Fprintf(&b, "%d,%d,post_created,%s\n", e.User, e.Course, at.Format(time.RFC3339))
			}
		}
	}
	s.write("activity.csv", b.String())
}

// day is one so many days ago.
func day(back int) time.Time { return time.Now().UTC().AddDate(0, 0, -back).Truncate(24 * time.Hour) }

// attend has the attendance of a day posted.
func (s *site) attend(back int) {
	s.t.Helper()
	posted, on := len(s.sis.Attendance()), day(back).Format(time.DateOnly)
	s.enqueue(client.NewJob{Task: attendance.Collect, Args: fmt.Appendf(nil, `{"sync":"demo","from":%q,"to":%q}`, on, on)})
	s.eventually("posted attendance", func() bool { return len(s.sis.Attendance()) > posted })
}
