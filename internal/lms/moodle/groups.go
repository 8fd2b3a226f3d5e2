package moodle

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// EnsureGroups implements [sis.Grouper]. A group is known by its ID number; one
// of the same name that somebody made by hand is left alone, and ours gets its
// key beside its name.
func (t *Target) EnsureGroups(ctx context.Context, groups []sis.Group) ([]sis.Written, error) {
	w := writer[sis.Group]{
		Target:   t,
		function: createGroups,
		fields:   4,
		counted:  true,
		check:    checkGroup,
		keys:     func(g sis.Group) []string { return []string{"course " + g.Course} },
		send:     t.sendGroups,
		explain:  t.explainGroups,
	}
	return w.write(ctx, groups)
}

func checkGroup(g sis.Group) error {
	switch {
	case !isID(g.Course):
		return errCourseGone
	case g.Key == "" || strings.TrimSpace(g.Name) == "":
		return &sis.Error{Code: "REQ_FIELD_MISSING", Message: "A group needs a name and the key of its section."}
	case len([]rune(g.Key)) > 100 || len([]rune(g.Name)) > 254:
		return &sis.Error{Code: "TOO_LONG", Message: "Moodle's names of groups have 254 characters at most, their ID numbers 100."}
	default:
		return nil
	}
}

// sendGroups looks up what is there and creates the rest.
func (t *Target) sendGroups(ctx context.Context, groups []sis.Group) ([]sis.Written, error) {
	written, names, err := t.findGroups(ctx, groups)
	if err != nil {
		return nil, err
	}
	var indexes []int
	var absent []sis.Group
	for i, g := range groups {
		if written[i] == (sis.Written{}) {
			if names[groupName{g.Course, g.Name}] {
				g.Name += " (" + g.Key + ")"
			}
			names[groupName{g.Course, g.Name}] = true
			indexes, absent = append(indexes, i), append(absent, g)
		}
	}
	if len(absent) == 0 {
		return written, nil
	}
	made, err := t.sendNewGroups(ctx, absent)
	if err != nil {
		return nil, err
	}
	for n, i := range indexes {
		written[i] = made[n]
	}
	return written, nil
}

type groupName struct{ course, name string }

func newGroup(g sis.Group) params {
	return params{{"courseid", g.Course}, {"name", g.Name}, {"description", ""}, {"idnumber", g.Key}}
}

func (t *Target) sendNewGroups(ctx context.Context, groups []sis.Group) ([]sis.Written, error) {
	answer, err := t.call(ctx, createGroups, rows("groups", groups, newGroup), once)
	if isLost(err) {
		return t.readBack(ctx, err, func() ([]sis.Written, error) {
			found, _, err := t.findGroups(ctx, groups)
			return found, err
		})
	}
	if err != nil {
		return nil, err
	}
	return countOff(answer, groups, func(g sis.Group) string { return g.Course + " " + g.Key })
}

// findGroups returns the ids of those groups that are there already, and all
// names that are taken in their courses. A course that is gone settles its
// groups.
func (t *Target) findGroups(ctx context.Context, groups []sis.Group) ([]sis.Written, map[groupName]bool, error) {
	written, names := make([]sis.Written, len(groups)), map[groupName]bool{}
	there := map[string][]courseGroup{}
	gone := map[string]bool{}
	for i, g := range groups {
		if _, known := there[g.Course]; !known {
			found, err := t.courseGroups(ctx, g.Course)
			if refused, ok := errors.AsType[*refusal](err); ok && refused.noCourse() {
				gone[g.Course], err = true, nil
			}
			if err != nil {
				return nil, nil, err
			}
			there[g.Course] = found
		}
		if gone[g.Course] {
			written[i].Err = errCourseGone
		}
		for _, other := range there[g.Course] {
			names[groupName{g.Course, other.Name}] = true
			if other.Idnumber == g.Key {
				written[i].ID = strconv.Itoa(other.ID)
			}
		}
	}
	return written, names, nil
}

type courseGroup struct {
	ID             int
	Name, Idnumber string
}

func (t *Target) courseGroups(ctx context.Context, course string) ([]courseGroup, error) {
	answer, err := t.call(ctx, groupsOf, params{{"courseid", course}}, repeatable)
	if err != nil {
		return nil, err
	}
	groups := []courseGroup{}
	if err := json.Unmarshal(answer, &groups); err != nil {
		return nil, odd(err)
	}
	return groups, nil
}

// explainGroups settles nothing: what a look-up can tell was looked up before
// anything was sent.
func (t *Target) explainGroups(context.Context, []sis.Group, *refusal) (map[int]sis.Written, error) {
	return nil, nil
}

// SetMembers implements [sis.Grouper].
func (t *Target) SetMembers(ctx context.Context, members []sis.Membership) ([]sis.Written, error) {
	return split(members, func(gone bool, some []sis.Membership) ([]sis.Written, error) {
		function := addToGroups
		if gone {
			function = removeFromGroups
		}
		return t.memberWriter(function, groupMember, errGroupGone, errNotEnrolled).write(ctx, some)
	})
}

var (
	errGroupGone   = &sis.Error{Code: "GROUP_GONE", Message: "The group does not exist in Moodle any more."}
	errNotEnrolled = &sis.Error{Code: "NOT_ENROLLED", Message: "Only people who are in the course can be in its groups."}
)

func groupMember(m sis.Membership) params { return params{{"groupid", m.Group}, {"userid", m.User}} }

// split writes those who are to be in and those who are to be out in two
// batches, and puts the answers together in the order of the members.
func split(members []sis.Membership, write func(gone bool, some []sis.Membership) ([]sis.Written, error)) ([]sis.Written, error) {
	written := make([]sis.Written, len(members))
	var down error
	for _, gone := range []bool{true, false} {
		var indexes []int
		var some []sis.Membership
		for i, m := range members {
			if m.Gone == gone {
				indexes, some = append(indexes, i), append(some, m)
			}
		}
		if len(some) == 0 {
			continue
		}
		part, err := write(gone, some)
		for n, i := range indexes {
			written[i] = part[n]
		}
		down = errors.Join(down, err)
	}
	if e, ok := errors.AsType[*sis.Error](down); ok {
		return written, e
	}
	return written, down
}

// memberWriter writes members of groups or cohorts. Of a row that stands alone
// the kind of refusal tells what is wrong: no such group, or nobody who can be
// in it.
func (t *Target) memberWriter(function string, form func(sis.Membership) params, noGroup, noMember *sis.Error) writer[sis.Membership] {
	return writer[sis.Membership]{
		Target:   t,
		function: function,
		fields:   2,
		check:    func(m sis.Membership) error { return checkMember(m, noGroup) },
		keys:     func(m sis.Membership) []string { return []string{noGroup.Code + " " + m.Group} },
		send: func(ctx context.Context, members []sis.Membership) ([]sis.Written, error) {
			_, err := t.call(ctx, function, rows("members", members, form), repeatable)
			return make([]sis.Written, len(members)), err
		},
		explain: func(_ context.Context, members []sis.Membership, why *refusal) (map[int]sis.Written, error) {
			if len(members) > 1 {
				return nil, nil
			}
			return map[int]sis.Written{0: {Err: memberRefused(why, noGroup, noMember)}}, nil
		},
	}
}

func checkMember(m sis.Membership, noGroup *sis.Error) error {
	switch {
	case !isID(m.Group):
		return noGroup
	case !isID(m.User):
		return errUserGone
	default:
		return nil
	}
}

func memberRefused(why *refusal, noGroup, noMember *sis.Error) error {
	table := strings.Fields(strings.TrimSuffix(why.Message, "."))
	switch {
	case why.Code == "invaliduser", why.Code == "userdeleted":
		return errUserGone
	case why.Code == "invalidrecord" && slices.Contains(table, "user"):
		return errUserGone
	case why.Code == "invalidrecord":
		return noGroup
	case why.Code == "invalidparameter":
		return noMember
	default:
		return why.words()
	}
}
