package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A scheduleAction is something to do with a schedule: a page that asks and
// does nothing, and what does it. With JavaScript the form of the page appears
// as a dialog on the page that leads there.
type scheduleAction struct {
	path    string // behind the schedule's, and the name of the page
	ask, do func(http.ResponseWriter, *http.Request) error
}

func (s *server) scheduleActions() []scheduleAction {
	return []scheduleAction{
		{"run", s.ask("run-schedule", "Run now"), s.runNow},
		{"pause", s.ask("pause-schedule", "Pause"), s.pause},
		{"resume", s.ask("resume-schedule", "Resume"), s.resume},
		{"revert", s.askRevert, s.revert},
		{"delete", s.ask("delete-schedule", "Delete"), s.deleteSchedule},
	}
}

// askPage is what all pages that ask are made of.
type askPage struct {
	frame
	Schedule job.Schedule
	Zone     string
	Clients  []job.Client
	Revert   revertAsk
}

// A revertAsk is what is about to lose what was set.
type revertAsk struct {
	Field, Label string
	Layer        job.Layer
	Holds, Then  string
}

func (s *server) ask(page, title string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		shown, err := s.askPage(r, title)
		if err != nil {
			return err
		}
		return s.render(w, r, http.StatusOK, page, shown)
	}
}

func (s *server) askPage(r *http.Request, title string) (page askPage, err error) {
	if page.Schedule, err = s.Schedules.Schedule(r.Context(), r.PathValue("name")); err != nil {
		return page, fmt.Errorf("read schedule: %w", err)
	}
	if page.frame, err = s.frame(r.Context(), title, "schedules"); err != nil {
		return page, err
	}
	if page.Clients, err = s.Catalogue.Clients(r.Context()); err != nil {
		return page, fmt.Errorf("list clients: %w", err)
	}
	page.Zone = zoneOf(page.Schedule.Zone).String()
	return page, nil
}

// runNow serves POST /schedules/{name}/run, and leads to the job.
func (s *server) runNow(w http.ResponseWriter, r *http.Request) error {
	j, err := s.RunSchedule(r.Context(), r.PathValue("name"), r.PostFormValue("client"), actor(r.Context()))
	if err != nil {
		return fmt.Errorf("run schedule: %w", err)
	}
	http.Redirect(w, r, jobPath(j.ID), http.StatusSeeOther)
	return nil
}

// pause serves POST /schedules/{name}/pause. The time is local to the
// schedule.
func (s *server) pause(w http.ResponseWriter, r *http.Request) error {
	sch, err := s.Schedules.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	until, err := readMoment(r.PostFormValue("until"), zoneOf(sch.Zone))
	switch {
	case err != nil:
		return err
	case until == nil:
		return fault.New(fault.Invalid, "Say until when it is paused. To stop it for good, switch it off.").In("until")
	case !until.After(s.now()):
		return fault.New(fault.Invalid, "%s is over already.", until.Format("2 Jan 2006, 15:04 MST")).In("until")
	}
	return s.done(w, r, func(ctx context.Context, reason string) error {
		_, err := s.Timetable.Pause(ctx, sch.Name, until.In(time.UTC), actor(r.Context()), reason)
		return err
	})
}

// resume serves POST /schedules/{name}/resume.
func (s *server) resume(w http.ResponseWriter, r *http.Request) error {
	return s.done(w, r, func(ctx context.Context, reason string) error {
		_, err := s.Timetable.Resume(ctx, r.PathValue("name"), actor(r.Context()), reason)
		return err
	})
}

// deleteSchedule serves POST /schedules/{name}/delete, and leads to the list.
func (s *server) deleteSchedule(w http.ResponseWriter, r *http.Request) error {
	reason, err := reasonOf(r)
	if err != nil {
		return err
	}
	if err := s.Timetable.Delete(r.Context(), r.PathValue("name"), actor(r.Context()), reason); err != nil {
		return fmt.Errorf("delete schedule: %w", err)
	}
	http.Redirect(w, r, "/schedules", http.StatusSeeOther)
	return nil
}

// askRevert serves GET /schedules/{name}/revert: what would hold then.
func (s *server) askRevert(w http.ResponseWriter, r *http.Request) error {
	page, err := s.askPage(r, "Revert")
	if err != nil {
		return err
	}
	ask, fields, err := revertOf(page.Schedule, r)
	if err != nil {
		return err
	}
	page.Revert = ask
	set, one := settingOf(ask.Field)
	if !one {
		return s.render(w, r, http.StatusOK, "revert-schedule", page)
	}
	rule, err := without(page.Schedule, func(o job.Override) bool {
		return o.Layer == ask.Layer && slices.Contains(fields, o.Field)
	})
	page.Revert.Holds, page.Revert.Then = set.Say(page.Schedule.Rule), set.Say(rule)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "revert-schedule", page)
}

// revertOf reads what is to be reverted: a setting, or "*" for all, in one
// layer. It returns the fields that are set there.
func revertOf(sch job.Schedule, r *http.Request) (ask revertAsk, fields []string, err error) {
	ask = revertAsk{Field: r.FormValue("field"), Layer: job.Layer(r.FormValue("layer"))}
	set, known := settingOf(ask.Field)
	ask.Label = set.Label
	for _, o := range sch.Overrides {
		if o.Layer == ask.Layer && (ask.Field == "*" || known && slices.Contains(set.Fields, o.Field)) {
			fields = append(fields, o.Field)
		}
	}
	if len(fields) == 0 {
		return ask, nil, fault.New(fault.Conflict, "There is nothing to revert: nobody has set that, or it was reverted already.")
	}
	return ask, fields, nil
}

// revert serves POST /schedules/{name}/revert.
func (s *server) revert(w http.ResponseWriter, r *http.Request) error {
	sch, err := s.Schedules.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	ask, fields, err := revertOf(sch, r)
	if err != nil {
		return err
	}
	if ask.Field == "*" {
		fields = []string{"*"}
	}
	return s.done(w, r, func(ctx context.Context, reason string) error {
		_, err := s.Timetable.Edit(ctx, sch.Name, job.Edit{Layer: ask.Layer, Revert: fields, Revision: form{values: r.PostForm}.revision(), By: actor(r.Context()), Reason: reason})
		return err
	})
}

// done does something for a reason, and leads back to the schedule.
func (s *server) done(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, reason string) error) error {
	reason, err := reasonOf(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), reason); err != nil {
		return fmt.Errorf("change schedule: %w", err)
	}
	http.Redirect(w, r, schedulePath(r.PathValue("name")), http.StatusSeeOther)
	return nil
}

// reasonOf reads why something is done.
func reasonOf(r *http.Request) (string, error) {
	values, err := posted(r)
	if err != nil {
		return "", err
	}
	reason := form{values: values}.text("reason")
	if reason == "" {
		return "", fault.New(fault.Invalid, "Say why, in a sentence. The history keeps it.").In("reason")
	}
	return reason, nil
}

func revertPath(name, field string, layer job.Layer) string {
	return with(schedulePath(name)+"/revert", url.Values{}, "field", field, "layer", string(layer))
}

// revertAll leads to the reverts of all that was set in a layer, where that is
// more than one setting.
func revertAll(sch job.Schedule) (links []link) {
	for _, layer := range []job.Layer{job.LayerPlatform, job.LayerClient} {
		set := 0
		for _, s := range settings {
			if _, ok := overrideOf(sch, s, layer); ok {
				set++
			}
		}
		if set > 1 {
			links = append(links, link{"Revert all of the " + string(layer) + "’s", revertPath(sch.Name, "*", layer)})
		}
	}
	return links
}
