package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

type editPage struct {
	frame
	Schedule  job.Schedule
	New       bool
	Action    string
	Groups    []group
	Layer     job.Layer
	Reason    string
	Errors    map[string]string // by control; "" for the whole
	Preview   preview
	Conflict  bool // somebody else has changed it meanwhile
	Conflicts []conflictRow
	Tasks     []string // to choose from, for a new one
	Clients   []job.Client
	Zones     []string // that are offered
}

// A conflictRow is what somebody else changed while this one typed.
type conflictRow struct {
	Label, Was, Now string
	Typed           string // empty: this one did not touch it
	Change          *job.Change
}

// newSchedule serves GET /schedules/new, empty or as a copy of another one.
func (s *server) newSchedule(w http.ResponseWriter, r *http.Request) error {
	sch := job.Schedule{Client: job.DefaultClient, Task: r.FormValue("task"), Rule: job.DefaultRule()}
	if from := r.FormValue("from"); from != "" {
		other, err := s.Schedules.Schedule(r.Context(), from)
		if err != nil {
			return fmt.Errorf("read schedule: %w", err)
		}
		sch.Task, sch.Client, sch.Rule = other.Task, other.Client, other.Rule
	}
	return s.showForm(w, r, http.StatusOK, sch, form{rule: sch.Rule})
}

// createSchedule serves POST /schedules/new.
func (s *server) createSchedule(w http.ResponseWriter, r *http.Request) error {
	values, err := posted(r)
	if err != nil {
		return err
	}
	fillIn(values)
	f := readForm(values, job.DefaultRule())
	sch := job.Schedule{Name: f.text("name"), Task: f.text("task"), Client: f.text("client"), Rule: f.rule}
	if f.text("do") == "preview" {
		return s.showForm(w, r, http.StatusOK, sch, f)
	}
	if f.text("reason") == "" {
		f.errors["reason"] = "Say why, in a sentence. The history keeps it."
	}
	if len(f.errors) == 0 {
		made, err := s.create(r.Context(), sch, f)
		if err == nil {
			http.Redirect(w, r, schedulePath(made.Name), http.StatusSeeOther)
			return nil
		}
		if refusal := asFault(err); refusal != nil && refusal.Kind == fault.Conflict {
			f.errors["name"] = refusal.Msg
		} else if err := f.blame(err, ""); err != nil {
			return fmt.Errorf("create schedule: %w", err)
		}
	}
	return s.showForm(w, r, http.StatusBadRequest, sch, f)
}

func (s *server) create(ctx context.Context, sch job.Schedule, f form) (job.Schedule, error) {
	if sch.Cron == "" {
		return sch, fault.New(fault.Invalid, "Say when it runs.").In("cron")
	}
	return s.Timetable.Create(ctx, sch, actor(ctx), f.text("reason"))
}

// editSchedule serves GET /schedules/{name}/edit.
func (s *server) editSchedule(w http.ResponseWriter, r *http.Request) error {
	sch, err := s.Schedules.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	return s.showForm(w, r, http.StatusOK, sch, form{rule: sch.Rule})
}

// saveSchedule serves POST /schedules/{name}/edit. Nothing that was typed is
// lost: what is refused, and what meets another one's change, comes back with
// what is wrong.
func (s *server) saveSchedule(w http.ResponseWriter, r *http.Request) error {
	sch, err := s.Schedules.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	values, err := posted(r)
	if err != nil {
		return err
	}
	fillIn(values)
	f := readForm(values, sch.Rule)
	switch {
	case f.text("do") == "preview":
		return s.showForm(w, r, http.StatusOK, sch, f)
	case f.revision() != sch.Revision:
		return s.showForm(w, r, http.StatusConflict, sch, f)
	}
	if f.check(sch); len(f.errors) > 0 {
		return s.showForm(w, r, http.StatusBadRequest, sch, f)
	}
	return s.save(w, r, sch, f)
}

func (s *server) save(w http.ResponseWriter, r *http.Request, sch job.Schedule, f form) error {
	err := s.change(r.Context(), sch, f)
	if fault.KindOf(err) == fault.Conflict {
		if sch, err = s.Schedules.Schedule(r.Context(), sch.Name); err != nil {
			return fmt.Errorf("read schedule: %w", err)
		}
		return s.showForm(w, r, http.StatusConflict, sch, readForm(f.values, sch.Rule))
	}
	if err := f.blame(err, ""); err != nil {
		return fmt.Errorf("edit schedule: %w", err)
	}
	if len(f.errors) > 0 {
		return s.showForm(w, r, http.StatusBadRequest, sch, f)
	}
	http.Redirect(w, r, schedulePath(sch.Name), http.StatusSeeOther)
	return nil
}

// change saves what was typed. Words are saved as the cron that they mean.
func (s *server) change(ctx context.Context, sch job.Schedule, f form) error {
	typed := sch
	typed.Rule = f.rule
	meaning, err := s.Timetable.Preview(ctx, typed, 0)
	if refusal := asFault(err); refusal != nil && refusal.Kind == fault.Invalid {
		return fault.New(fault.Invalid, "%s", refusal.Msg).In(cmp.Or(refusal.Field, "cron"))
	}
	if err != nil {
		return fmt.Errorf("read when it runs: %w", err)
	}
	f.rule.Cron, f.rule.Dialect = meaning.Cron, meaning.Dialect
	e, err := f.edit(ctx)
	if err != nil {
		return err
	}
	_, err = s.Timetable.Edit(ctx, sch.Name, e)
	return err
}

// showForm shows the form for sch with what was typed.
func (s *server) showForm(w http.ResponseWriter, r *http.Request, status int, sch job.Schedule, f form) error {
	page, err := s.editPage(r.Context(), sch, f)
	if err != nil {
		return err
	}
	if status == http.StatusConflict {
		page.Conflict = true
		if page.Conflicts, err = s.conflicts(r.Context(), sch, f); err != nil {
			return err
		}
	}
	own := s.viewer(r)
	page.Zones = zonesToOffer(own.zone.String(), s.Zone.String(), sch.Zone)
	if page.Preview, err = s.preview(r.Context(), sch, f, own); err != nil {
		return fmt.Errorf("preview schedule: %w", err)
	}
	return s.render(w, r, status, "schedule-edit", page)
}

func (s *server) editPage(ctx context.Context, sch job.Schedule, f form) (page editPage, err error) {
	isNew := sch.Created.IsZero()
	page = editPage{Schedule: sch, New: isNew, Action: "/schedules/new", Layer: f.layer(), Reason: f.text("reason"), Errors: f.errors}
	title := "New schedule"
	if !isNew {
		title, page.Action = "Edit "+sch.Name, schedulePath(sch.Name)+"/edit"
	}
	if page.frame, err = s.frame(ctx, title, "schedules"); err != nil {
		return page, err
	}
	calendars, err := s.Timetable.Calendars(ctx)
	if err != nil {
		return page, fmt.Errorf("list calendars: %w", err)
	}
	page.Groups = groupsOf(sch, isNew, calendars, f.shown(sch), f.errors)
	if !isNew {
		return page, nil
	}
	if page.Tasks, err = s.tasks(ctx); err != nil {
		return page, err
	}
	page.Clients, err = s.Catalogue.Clients(ctx)
	if err != nil {
		err = fmt.Errorf("list clients: %w", err)
	}
	return page, err
}

// shown returns what to put into a control: what was typed, or else what
// holds.
func (f form) shown(sch job.Schedule) func(setting) string {
	return func(set setting) string {
		if slices.ContainsFunc(f.changed, func(c setting) bool { return c.name() == set.name() }) {
			return f.text(set.name())
		}
		return set.Write(sch.Rule)
	}
}

// conflicts are the settings that another one has changed since the form was
// opened.
func (s *server) conflicts(ctx context.Context, sch job.Schedule, f form) (rows []conflictRow, err error) {
	changes, err := s.Timetable.Changes(ctx, sch.Name, latestChange)
	if err != nil {
		return nil, fmt.Errorf("list changes of schedule %s: %w", sch.Name, err)
	}
	for _, set := range grouped() {
		was := f.text("was." + set.name())
		if !f.values.Has("was."+set.name()) || was == set.Write(sch.Rule) {
			continue
		}
		row := conflictRow{Label: set.Label, Was: cmp.Or(was, "–"), Now: set.Say(sch.Rule)}
		if f.touched(set) {
			row.Typed = cmp.Or(f.text(set.name()), "–")
		}
		if i := slices.IndexFunc(changes, func(c job.Change) bool { return slices.Contains(set.Fields, c.Field) }); i >= 0 {
			row.Change = &changes[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// zonesToOffer are the likely ones, each once.
func zonesToOffer(names ...string) (zones []string) {
	for _, name := range append(names, "UTC") {
		if name != "Local" && name != "" && !slices.Contains(zones, name) {
			zones = append(zones, name)
		}
	}
	return zones
}

// posted reads the form of a request.
func posted(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, fault.New(fault.Invalid, "The form cannot be read.").Because(err)
	}
	return r.PostForm, nil
}
