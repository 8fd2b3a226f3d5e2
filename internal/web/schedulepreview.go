package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// previewRuns is how many of the next runs are shown while one types.
const previewRuns = 5

// A preview is what a form means as it stands.
type preview struct {
	job.Preview
	Typed      bool // when it runs
	Runs       runs
	Error      string
	Suggestion string // what to write instead
	Clashes    clashes
}

// previewSchedule serves POST /schedules/preview: the preview of a form alone,
// for static/preview.js.
func (s *server) previewSchedule(w http.ResponseWriter, r *http.Request) error {
	values, err := posted(r)
	if err != nil {
		return err
	}
	sch := job.Schedule{Name: values.Get("name"), Task: values.Get("task"), Client: values.Get("client"), Rule: job.DefaultRule()}
	if name := values.Get("schedule"); name != "" {
		if sch, err = s.Schedules.Schedule(r.Context(), name); err != nil {
			return err
		}
	}
	shown, err := s.preview(r.Context(), sch, readForm(values, sch.Rule), s.viewer(r))
	if err != nil {
		return err
	}
	return s.renderPart(w, http.StatusOK, "schedule-edit", "preview", shown)
}

// preview says what sch would mean with what was typed. What cannot be read is
// said in the preview.
func (s *server) preview(ctx context.Context, sch job.Schedule, f form, own viewer) (p preview, err error) {
	sch.Rule = f.rule
	p.Typed = sch.Cron != ""
	if wrong := firstOf(f.errors, "zone", "starts_at", "ends_at"); wrong != "" || !p.Typed {
		p.Error = wrong
		return p, nil
	}
	p.Preview, err = s.Timetable.Preview(ctx, sch, previewRuns)
	if refusal := asFault(err); refusal != nil && refusal.Kind == fault.Invalid {
		p.Error, p.Suggestion = refusal.Msg, suggestion(err)
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Runs = runsOf(p.Next, zoneOf(sch.Zone), own, s.now())
	sch.Cron, sch.Dialect = p.Cron, p.Dialect
	p.Clashes, err = s.clashes(ctx, sch)
	return p, err
}

// suggestion returns what to write instead, unless the message says it.
func suggestion(err error) string {
	wrong, ok := errors.AsType[*cron.Error](err)
	if !ok || strings.Contains(fault.Message(err), wrong.Suggestion) {
		return ""
	}
	return wrong.Suggestion
}

func asFault(err error) *fault.Error {
	refusal, _ := errors.AsType[*fault.Error](err)
	return refusal
}

// firstOf returns the first of what is wrong with those controls.
func firstOf(wrong map[string]string, names ...string) string {
	for _, name := range names {
		if wrong[name] != "" {
			return wrong[name]
		}
	}
	return ""
}
