package moodle

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Roster implements [sis.Rosterer]. Moodle's services tell neither dates nor
// by which method somebody came into the course. A person who changes the
// order of the list meanwhile may be missed or come twice: it is read in pages
// by the ids of the users.
func (t *Target) Roster(ctx context.Context, course string, emit func(sis.Enrolment) error) error {
	if !isID(course) {
		return errCourseGone
	}
	suspended := map[int]bool{}
	err := t.participants(ctx, course, params{{"userfields", "id"}, {"onlysuspended", "1"}}, func(p participant) error {
		suspended[p.ID] = true
		return nil
	})
	if err != nil {
		return err
	}
	return t.participants(ctx, course, params{{"userfields", "id,roles"}}, func(p participant) error {
		for _, role := range t.rolesOf(p) {
			e := sis.Enrolment{Course: course, User: strconv.Itoa(p.ID), Role: role, Suspended: suspended[p.ID]}
			if err := emit(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// A participant is a user of a course as Moodle lists it.
type participant struct {
	ID               int
	Lastcourseaccess int64 // where it is asked for
	Roles            []struct {
		Roleid    int
		Shortname string
	}
}

// rolesOf returns the roles in the words of the SIS where they are mapped, and
// in Moodle's where they are not.
func (t *Target) rolesOf(p participant) []sis.Role {
	if len(p.Roles) == 0 {
		return []sis.Role{""}
	}
	roles := make([]sis.Role, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = sis.Role(r.Shortname)
		for role, id := range t.cfg.Roles {
			if id == r.Roleid {
				roles[i] = role
			}
		}
	}
	return roles
}

// page is how many participants are asked for at a time: with few fields,
// Moodle lists them in a second or two.
const page = 500

func (t *Target) participants(ctx context.Context, course string, options params, emit func(participant) error) error {
	for from := 0; ; {
		people, err := t.somePeople(ctx, course, append(slices.Clip(options),
			param{"sortby", "id"}, param{"limitfrom", strconv.Itoa(from)}, param{"limitnumber", strconv.Itoa(page)}))
		if err != nil {
			return err
		}
		if len(people) == 0 {
			return nil
		}
		for _, p := range people {
			if err := emit(p); err != nil {
				return err
			}
		}
		from += len(people)
	}
}

func (t *Target) somePeople(ctx context.Context, course string, options params) ([]participant, error) {
	form := params{{"courseid", course}}
	for i, o := range options {
		at := "options[" + strconv.Itoa(i) + "]"
		form = append(form, param{at + "[name]", o.name}, param{at + "[value]", o.text})
	}
	answer, err := t.call(ctx, enrolledUsers, form, repeatable)
	if refused, ok := errors.AsType[*refusal](err); ok && refused.noCourse() {
		return nil, errCourseGone
	}
	if err != nil {
		return nil, plain(err)
	}
	var people []participant
	if err := json.Unmarshal(answer, &people); err != nil {
		return nil, plain(odd(err))
	}
	return people, nil
}
