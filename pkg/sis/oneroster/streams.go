package oneroster

import (
	"context"

	"github.com/beadle-jobs/beadle/pkg/sis/fields"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/meaning"
)

func (p *pull) terms(ctx context.Context) error {
	f, err := p.survey(ctx, academicSessions)
	if err != nil {
		return err
	}
	return p.records(ctx, f, meaning.Term)
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
	return p.records(ctx, f, meaning.Section(titles))
}

func (p *pull) registrations(ctx context.Context) error {
	f, err := p.survey(ctx, enrollments)
	if err != nil {
		return err
	}
	return p.records(ctx, f, meaning.Registration)
}

// courseTitles returns the titles of courses by id, if the bundle has them.
func (p *pull) courseTitles(ctx context.Context) (map[string]string, error) {
	f, err := p.survey(ctx, courses)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	return titles, p.beside(ctx, f, func(r *fields.Record) {
		titles[r.Optional("sourcedId")] = r.Optional("title")
	})
}
