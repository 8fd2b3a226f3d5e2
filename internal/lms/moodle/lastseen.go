package moodle

import (
	"context"
	"strconv"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// LastSeen implements [sis.LastSeer]. Moodle writes it once a minute at most.
func (t *Target) LastSeen(ctx context.Context, course string) (seen []sis.Activity, err error) {
	if !isID(course) {
		return nil, errCourseGone
	}
	err = t.participants(ctx, course, params{{"userfields", "id,lastcourseaccess"}}, func(p participant) error {
		if p.Lastcourseaccess > 0 {
			seen = append(seen, sis.Activity{
				User: strconv.Itoa(p.ID), Course: course, Event: sis.SeenInCourse, At: fromUnix(p.Lastcourseaccess),
			})
		}
		return nil
	})
	return seen, err
}
