package attendance

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Sightings makes a source of activity from a target that only knows when
// people were in a course last: each time that it is asked it looks, and keeps
// what it has seen. Who came between two looks, and came again, is seen once.
type Sightings struct {
	Sync  string
	LMS   sis.LastSeer
	Store Sighted
}

// Sighted is where sightings are kept.
type Sighted interface {
	// AddSightings keeps when people were seen in courses.
	AddSightings(ctx context.Context, name string, seen []sis.Activity) error
	// Sightings returns when people were seen in a course, from one instant to
	// before another, in order.
	Sightings(ctx context.Context, name, course string, from, to time.Time) ([]sis.Activity, error)
	// Sighting reports whether anybody was seen anywhere between two instants.
	Sighting(ctx context.Context, name string, from, to time.Time) (bool, error)
}

var _ sis.ActivitySource = Sightings{}

// Activities implements [sis.ActivitySource].
func (s Sightings) Activities(ctx context.Context, course string, from, to time.Time, emit func(sis.Activity) error) error {
	now, err := s.LMS.LastSeen(ctx, course)
	if err != nil {
		return err
	}
	if err := s.Store.AddSightings(ctx, s.Sync, now); err != nil {
		return err
	}
	seen, err := s.Store.Sightings(ctx, s.Sync, course, from, to)
	if err != nil {
		return err
	}
	for _, a := range seen {
		a.Event = sis.SeenInCourse
		if err := emit(a); err != nil {
			return err
		}
	}
	return nil
}

// Alive implements [sis.ActivitySource].
func (s Sightings) Alive(ctx context.Context, from, to time.Time) (bool, error) {
	return s.Store.Sighting(ctx, s.Sync, from, to)
}
