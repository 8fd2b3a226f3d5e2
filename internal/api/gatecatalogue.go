package api

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A Catalogue is the tasks and the clients that there are.
type Catalogue interface {
	Tasks(ctx context.Context) ([]job.Declaration, error)
	Clients(ctx context.Context) ([]job.Client, error)
}

// CatalogueWithin returns those of all that whoever acts has anything to do
// with.
func CatalogueWithin(all Catalogue) Catalogue { return gatedCatalogue{all} }

type gatedCatalogue struct{ all Catalogue }

// Tasks implements [Catalogue].
func (c gatedCatalogue) Tasks(ctx context.Context) ([]job.Declaration, error) {
	all, err := c.all.Tasks(ctx)
	return tasksWithin(ctx, all), err
}

// Clients implements [Catalogue].
func (c gatedCatalogue) Clients(ctx context.Context) ([]job.Client, error) {
	all, err := c.all.Clients(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(one job.Client) bool { return !touches(ctx, one.Name, "") }), err
}
