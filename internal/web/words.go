package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/job"
)

// number writes n with thousands apart: 4,200.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// counted writes how many of something there are: "1 job", "4,200 jobs".
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// duration writes how long something takes, in its two largest units.
func duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Second:
		return "under 1 s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}

// roughly writes d in its largest unit: "3 min".
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(d.Round(time.Second), time.Second)/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
}

// relative writes t as seen from now: "3 min ago", "in 5 s", "21 Nov".
func relative(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d > 7*24*time.Hour || d < -7*24*time.Hour:
		return t.In(now.Location()).Format("2 Jan 2006")
	case d < -time.Second:
		return "in " + roughly(-d)
	case d < 2*time.Second:
		return "just now"
	default:
		return roughly(d) + " ago"
	}
}

// span returns how long a job ran, or has been running.
func span(started, ended *time.Time, now time.Time) time.Duration {
	switch {
	case started == nil:
		return 0
	case ended == nil:
		return max(now.Sub(*started), 0)
	default:
		return ended.Sub(*started)
	}
}

const absolute = "2 Jan 2006, 15:04:05 MST"

// stamp is a time for a page of its own: absolute, with the zone.
func (s *server) stamp(t time.Time) template.HTML {
	return timeTag(t.In(s.Zone), t.In(s.Zone).Format(absolute), relative(t, s.now()))
}

// ago is a time for a list: relative, the absolute one in the tooltip.
func (s *server) ago(t time.Time) template.HTML {
	return timeTag(t.In(s.Zone), relative(t, s.now()), t.In(s.Zone).Format(absolute))
}

func (s *server) now() time.Time { return s.Now().In(s.Zone) }

func timeTag(t time.Time, text, title string) template.HTML {
	// Nothing in here comes from outside.
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, t.Format(time.RFC3339), title, text))
}

// icon draws one of the icons in templates/icons.html. A word stands beside
// it wherever it means something, so it is hidden from screen readers.
func icon(name string) template.HTML {
	return template.HTML(`<svg aria-hidden="true"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`)
}

// A chip shows a state by icon, word and colour.
type chip struct{ Word, Icon, Colour string }

var chips = map[job.State]chip{
	job.Scheduled: {"Scheduled", "clock", "queued"},
	job.Waiting:   {"Waiting", "waiting", "waiting"},
	job.Queued:    {"Queued", "queued", "queued"},
	job.Running:   {"Running", "running", "running"},
	job.Retrying:  {"Retrying", "retry", "waiting"},
	job.Held:      {"Held", "held", "held"},
	job.Succeeded: {"Succeeded", "check", "succeeded"},
	job.Failed:    {"Failed", "failed", "failed"},
	job.Aborted:   {"Aborted", "aborted", "aborted"},
	job.Expired:   {"Expired", "expired", "aborted"},
}

func chipOf(s job.State) chip { return chips[s] }

// chipOfJob is the chip of its state, unless it should have stopped long ago.
func chipOfJob(j job.Job) chip {
	if j.Stuck {
		return chip{"Stuck", "alert", "failed"}
	}
	return chips[j.State]
}

// crashes says how often workers died under a job; nothing if none did.
func crashes(j job.Job) string {
	switch {
	case j.Crashes == 0 || j.State.Final():
		return ""
	case j.Crashes == 1:
		return "Its worker died."
	}
	return fmt.Sprintf("Its workers died %d times in a row.", j.Crashes)
}

// A meter is a job's progress as people read it.
type meter struct {
	Bar     bool // the total is known
	Percent int
	Count   string // done, where there is no bar
	Text    string // stage and time left
}

// meterOf reads j's progress. The time left assumes the rate since its start,
// and is not guessed in the first seconds.
func meterOf(j job.Job, now time.Time) meter {
	p := j.Progress
	percent, known := p.Percent()
	m := meter{Bar: known, Percent: percent, Text: p.Stage}
	if !known && p.Done > 0 {
		m.Count = number(p.Done)
	}
	if left, ok := timeLeft(j, now); ok {
		m.Text = join(" · ", p.Stage, roughly(left)+" left")
	}
	return m
}

func timeLeft(j job.Job, now time.Time) (time.Duration, bool) {
	p := j.Progress
	elapsed := span(j.Started, nil, now)
	if j.State != job.Running || p.Done <= 0 || p.Total <= p.Done || elapsed < 3*time.Second {
		return 0, false
	}
	return time.Duration(float64(elapsed) * float64(p.Total-p.Done) / float64(p.Done)), true
}

// changes writes what a job did: "84 created, 3 changed".
func changes(p job.Progress) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		word string
	}{{p.Created, "created"}, {p.Changed, "changed"}, {p.Removed, "removed"}} {
		if c.n > 0 {
			parts = append(parts, number(c.n)+" "+c.word)
		}
	}
	return strings.Join(parts, ", ")
}

// result writes how far a job that has ended came: what it changed, or else
// how much it looked at.
func result(p job.Progress) string {
	switch said := changes(p); {
	case said != "" || p.Done == 0:
		return said
	case p.Done < p.Total:
		return number(p.Done) + " of " + number(p.Total) + " done"
	}
	return number(p.Done) + " done"
}

// sentence says where a job stands, as a person would.
func sentence(j job.Job, now time.Time) string {
	took := duration(span(j.Started, j.Ended, now))
	switch j.State {
	case job.Scheduled:
		return "Starts " + relative(j.Due, now) + "."
	case job.Waiting:
		return reasonOr(j, "Waits until it may start.")
	case job.Queued:
		return reasonOr(j, "Next in queue “"+j.Queue+"”, for the first free worker.")
	case job.Running:
		return running(j, took)
	case job.Retrying:
		return fmt.Sprintf("Attempt %d failed; the next one starts %s.", j.Attempt, relative(j.Due, now))
	case job.Held:
		return reasonOr(j, "Held until a person approves it.")
	case job.Succeeded:
		return "Finished in " + took + withErrors(j) + "."
	case job.Failed:
		return reasonOr(j, "Failed after "+counted(int64(j.Attempt), "attempt", "attempts")+".")
	case job.Aborted:
		return reasonOr(j, "Aborted.")
	default:
		return reasonOr(j, "Was not started in time.")
	}
}

func running(j job.Job, took string) string {
	if j.Stuck {
		return "Was told to stop more than 30 s ago, and its code still runs" + on(j.Worker) + "."
	}
	if j.Aborting {
		return "Told to stop; waits for the worker to obey."
	}
	s := "Has been running for " + took + on(j.Worker)
	if j.Attempt > 1 {
		s += fmt.Sprintf(", attempt %d", j.Attempt)
	}
	return s + "."
}

func on(worker string) string {
	if worker == "" {
		return ""
	}
	return " on " + worker
}

func withErrors(j job.Job) string {
	if j.Errors == 0 {
		return ""
	}
	return ", with " + counted(j.Errors, "record error", "record errors")
}

// reasonOr returns the job's own reason as a sentence, or another one.
func reasonOr(j job.Job, otherwise string) string {
	reason := strings.TrimSpace(j.Reason)
	if reason == "" {
		return otherwise
	}
	reason = capital(reason)
	if !strings.HasSuffix(reason, ".") {
		reason += "."
	}
	return reason
}

// capital begins a text with a capital letter.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

func join(sep string, parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, sep)
}

// headline is a job's description without the full stop at its end.
func headline(description string) string { return strings.TrimSuffix(description, ".") }

// tip is the whole of a text for its tooltip, if the list is likely to cut it.
func tip(text string, room int) string {
	if utf8.RuneCountInString(text) <= room {
		return ""
	}
	return text
}
