package moodle

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// EnsureCohorts implements [sis.Cohorter]: cohorts of the whole site, known by
// their ID numbers.
func (t *Target) EnsureCohorts(ctx context.Context, cohorts []sis.Cohort) ([]sis.Written, error) {
	w := writer[sis.Cohort]{
		Target:   t,
		function: createCohorts,
		fields:   5,
		counted:  true,
		check:    checkCohort,
		keys:     func(c sis.Cohort) []string { return []string{"cohort " + c.Key} },
		send:     t.sendCohorts,
		explain: func(context.Context, []sis.Cohort, *refusal) (map[int]sis.Written, error) {
			return nil, nil // they were looked up before they were sent
		},
	}
	return w.write(ctx, cohorts)
}

func checkCohort(c sis.Cohort) error {
	if c.Key == "" || c.Name == "" {
		return &sis.Error{Code: "REQ_FIELD_MISSING", Message: "A cohort needs a name and a key."}
	}
	return nil
}

// sendCohorts looks up what is there and creates the rest.
func (t *Target) sendCohorts(ctx context.Context, cohorts []sis.Cohort) ([]sis.Written, error) {
	written, err := t.findCohorts(ctx, cohorts)
	if err != nil {
		return nil, err
	}
	var indexes []int
	var absent []sis.Cohort
	for i, c := range cohorts {
		if written[i].ID == "" {
			indexes, absent = append(indexes, i), append(absent, c)
		}
	}
	if len(absent) == 0 {
		return written, nil
	}
	made, err := t.sendNewCohorts(ctx, absent)
	if err != nil {
		return nil, err
	}
	for n, i := range indexes {
		written[i] = made[n]
	}
	return written, nil
}

func newCohort(c sis.Cohort) params {
	return params{{"categorytype][type", "system"}, {"categorytype][value", ""}, {"name", c.Name}, {"idnumber", c.Key}, {"description", ""}}
}

func (t *Target) sendNewCohorts(ctx context.Context, cohorts []sis.Cohort) ([]sis.Written, error) {
	answer, err := t.call(ctx, createCohorts, rows("cohorts", cohorts, newCohort), once)
	if isLost(err) {
		return t.readBack(ctx, err, func() ([]sis.Written, error) { return t.findCohorts(ctx, cohorts) })
	}
	if err != nil {
		return nil, err
	}
	return countOff(answer, cohorts, func(c sis.Cohort) string { return c.Key })
}

// findCohorts returns the ids of those cohorts that are there already.
func (t *Target) findCohorts(ctx context.Context, cohorts []sis.Cohort) ([]sis.Written, error) {
	written := make([]sis.Written, len(cohorts))
	for i, c := range cohorts {
		answer, err := t.call(ctx, searchCohorts, params{
			{"query", c.Key}, {"context[contextid]", "0"}, {"context[contextlevel]", "system"}, {"context[instanceid]", "0"},
		}, repeatable)
		if err != nil {
			return nil, err
		}
		var list struct {
			Cohorts []struct {
				ID       int
				Idnumber string
			}
		}
		if err := json.Unmarshal(answer, &list); err != nil {
			return nil, odd(err)
		}
		for _, other := range list.Cohorts {
			if other.Idnumber == c.Key {
				written[i].ID = strconv.Itoa(other.ID)
			}
		}
	}
	return written, nil
}

// SetCohortMembers implements [sis.Cohorter].
func (t *Target) SetCohortMembers(ctx context.Context, members []sis.Membership) ([]sis.Written, error) {
	return split(members, func(gone bool, some []sis.Membership) ([]sis.Written, error) {
		if gone {
			return t.memberWriter(removeFromCohorts, oldCohortMember, errCohortGone, errUserGone).write(ctx, some)
		}
		w := t.memberWriter(addToCohorts, newCohortMember, errCohortGone, errUserGone)
		w.fields, w.send = 4, t.sendCohortMembers
		return w.write(ctx, some)
	})
}

var errCohortGone = &sis.Error{Code: "COHORT_GONE", Message: "The cohort does not exist in Moodle any more."}

func oldCohortMember(m sis.Membership) params {
	return params{{"cohortid", m.Group}, {"userid", m.User}}
}

func newCohortMember(m sis.Membership) params {
	return params{{"cohorttype][type", "id"}, {"cohorttype][value", m.Group}, {"usertype][type", "id"}, {"usertype][value", m.User}}
}

// sendCohortMembers adds members one by one, as Moodle does: its warnings name
// those that it could not add, and those who were there.
func (t *Target) sendCohortMembers(ctx context.Context, members []sis.Membership) ([]sis.Written, error) {
	answer, err := t.call(ctx, addToCohorts, rows("members", members, newCohortMember), repeatable)
	if err != nil {
		return nil, err
	}
	var report struct {
		Warnings []struct{ Warningcode, Message string }
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return nil, odd(err)
	}
	said := map[string]bool{}
	for _, w := range report.Warnings {
		said[w.Message] = true
	}
	written := make([]sis.Written, len(members))
	for i, m := range members {
		switch {
		case said["cohort id="+m.Group+" not exists"]:
			written[i].Err = errCohortGone
		case said["user id="+m.User+" not exists"]:
			written[i].Err = errUserGone
		}
	}
	return written, nil
}
