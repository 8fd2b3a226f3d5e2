package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// nightly is a job of a schedule whose jobs usually take 3 minutes.
func nightly(number int, state job.State, started, ended *time.Time) job.Job {
	return job.Job{
		ID: id(number), Root: id(number), Task: "sis.terms.pull", Description: "Pull terms", Client: "default", Schedule: "sis.main",
		State: state, Created: noon.Add(-time.Hour), Due: noon, Started: started, Ended: ended,
	}
}

func TestAJobIsDrawnAmongThoseLikeIt(t *testing.T) {
	jobs := campusDay()
	jobs.add(nightly(60, job.Succeeded, at(-20*time.Minute), at(-8*time.Minute)))
	jobs.add(nightly(61, job.Running, at(-time.Minute), nil))
	jobs.add(nightly(62, job.Running, at(-time.Hour), nil))
	jobs.add(nightly(63, job.Queued, nil, nil))
	jobs.change(id(61), func(j *job.Job) { j.Progress.Stage = "reading" })
	h := dashboard(t, web.Config{Jobs: jobs})
	for number, want := range map[int][]string{
		60: {"Usually 3 min (1 to 5); this one 12 min, four times as long.", "12 min, this one</title>", `class="failed now"`},
		61: {"this one so far 1 min.", "Reading · about 2 min left, if it is as usual", `class="running now"`},
		62: {"this one so far 1 h, 20 times as long."},
		63: {"<p>Usually 3 min (1 to 5).</p>"},
		31: {"Usually 3 min"},
	} {
		page := get(t, h, "/jobs/"+id(number)).Body.String()
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("the page of job %d does not say %q:\n%s", number, text, page)
			}
		}
		if left := strings.Contains(page, "if it is as usual"); left != (number == 61) {
			t.Errorf("the page of job %d tells the time left: %t", number, left)
		}
	}
}

func TestAJobLikeNoOtherSaysSo(t *testing.T) {
	jobs := campusDay()
	j := nightly(60, job.Succeeded, at(-time.Minute), at(0))
	j.Schedule = ""
	jobs.add(j)
	page := get(t, dashboard(t, web.Config{Jobs: jobs}), "/jobs/"+id(60)).Body.String()
	if !strings.Contains(page, "Not known: no other job of this task has succeeded yet.") || strings.Contains(page, "<figure") {
		t.Errorf("got:\n%s", page)
	}
}

func TestTheLastSlotsAreAStrip(t *testing.T) {
	f := campusTimetable()
	for i := range 40 {
		f.slots["backup"] = append(f.slots["backup"], job.Slot{Schedule: "backup", Due: noon.AddDate(0, 0, -7*i), Outcome: job.SlotRan, JobID: id(20), Lag: time.Second})
	}
	h := dashboard(t, web.Config{Timetable: f, Schedules: f, RunSchedule: f.run})
	page := get(t, h, "/schedules/backup").Body.String()
	if !strings.Contains(page, "What became of the last 30 slots") || strings.Count(page, `<g class="succeeded">`) != 30 {
		t.Errorf("30 slots are not drawn:\n%s", page)
	}

	page = get(t, h, "/schedules/sis.main").Body.String()
	looks := map[string]bool{}
	for _, e := range elements(t, page) {
		if e.tag == "rect" && strings.HasPrefix(e.attrs["class"], "box") {
			looks[e.attrs["class"]+e.attrs["fill"]] = true
		}
	}
	if len(looks) != 7 { // skipped and waiting are both hollow, and of two colours
		t.Errorf("the outcomes have %d looks: %v", len(looks), looks)
	}
	for _, text := range []string{"2 Sep, 22:00 EDT, Ran, 38 ms, Reason 0", "27 Aug, 22:00 EDT, Missed, Reason 6", "1 ran, 1 ran late, 1 caught up"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	if page := get(t, h, "/schedules/digest").Body.String(); strings.Contains(page, "<figure") {
		t.Error("a schedule without slots has a strip")
	}
}
