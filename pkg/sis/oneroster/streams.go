package oneroster

import (
	"context"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

func (p *pull) terms(ctx context.Context) error {
	f, err := p.survey(ctx, academicSessions)
	if err != nil {
		return err
	}
	return p.records(ctx, f, term)
}

func term(r *reading) sis.Record {
	t := &sis.Term{
		Key:    r.Optional("sourcedId"),
		Title:  r.Required("title"),
		Kind:   r.Word("type", "term", "semester", "schoolYear", "gradingPeriod"),
		Start:  r.RequiredDate("startDate"),
		End:    r.RequiredDate("endDate"),
		Parent: r.Optional("parentSourcedId"),
	}
	r.Required("type")
	r.Period(t.Start, t.End)
	r.warnInactive()
	return sis.Record{Deleted: r.isTombstone(), Term: t}
}

func (r *reading) warnInactive() {
	if r.status == inactive {
		r.Warn("Its status is inactive, which is taken for active.")
	}
}

func (p *pull) sections(ctx context.Context) error {
	f, err := p.survey(ctx, classes)
	if err != nil {
		return err
	}
	titles, err := p.courseTitles(ctx)
	if err != nil {
		return err
	}
	return p.records(ctx, f, sectionOf(titles))
}

func sectionOf(titles map[string]string) meaning {
	return func(r *reading) sis.Record {
		s := &sis.Section{
			Key:    r.Optional("sourcedId"),
			Title:  r.Required("title"),
			Code:   r.Optional("classCode"),
			Course: titles[r.Optional("courseSourcedId")],
			Terms:  r.RequiredList("termSourcedIds"),
			School: r.Optional("schoolSourcedId"),
		}
		r.warnClassType()
		r.warnInactive()
		return sis.Record{Deleted: r.isTombstone(), Section: s}
	}
}

// warnClassType only warns: no roster depends on it.
func (r *reading) warnClassType() {
	kind := r.Optional("classType")
	if kind != "" && kind != "scheduled" && kind != "homeroom" && !strings.HasPrefix(kind, "ext:") {
		r.Warn("classType is neither scheduled nor homeroom, which does not matter here.")
	}
}

func (p *pull) registrations(ctx context.Context) error {
	f, err := p.survey(ctx, enrollments)
	if err != nil {
		return err
	}
	return p.records(ctx, f, registration)
}

func registration(r *reading) sis.Record {
	reg := &sis.Registration{
		Key:     r.Optional("sourcedId"),
		Section: r.Required("classSourcedId"),
		Person:  r.Required("userSourcedId"),
		Role:    r.syncedRole(),
		Begin:   r.Date("beginDate"),
		End:     r.Date("endDate"),
	}
	r.Period(reg.Begin, reg.End)
	if r.status == inactive {
		r.Warn("Its status is inactive, which is taken for ended.")
	}
	return sis.Record{Deleted: r.isTombstone() || r.status == inactive, Registration: reg}
}

// courseTitles returns the titles of courses by id, if the bundle has them.
func (p *pull) courseTitles(ctx context.Context) (map[string]string, error) {
	f, err := p.survey(ctx, courses)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	return titles, p.beside(ctx, f, func(r *reading) {
		titles[r.Optional("sourcedId")] = r.Optional("title")
	})
}
