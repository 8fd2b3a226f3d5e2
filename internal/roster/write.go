package roster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// again reports whether an effect may have been applied before, by a process
// that did not live to say so.
func again(e sync.Effect) bool { return e.State == sync.EffectSent || e.State == sync.EffectUnknown }

// read returns what an effect writes.
func read[T any](e sync.Effect) (after T, err error) {
	if err := json.Unmarshal(e.After, &after); err != nil {
		return after, fmt.Errorf("read effect %s: %w", e.Key, err)
	}
	return after, nil
}

// pick splits effects into those that are settled by what found says, and the
// indexes of the rest with what they write.
func pick[T any](effects []sync.Effect, found func(i int, after T) bool) (indexes []int, items []T, err error) {
	for i, e := range effects {
		after, err := read[T](e)
		if err != nil {
			return nil, nil, err
		}
		if !found(i, after) {
			indexes, items = append(indexes, i), append(items, after)
		}
	}
	return indexes, items, nil
}

func (b *settled) createCourses(ctx context.Context) error {
	var keys []string
	for _, e := range b.effects {
		if again(e) {
			keys = append(keys, e.Section)
		}
	}
	there, err := courses(ctx, b.target, sis.CourseByKey, keys)
	if err != nil {
		return err
	}
	indexes, items, err := pick(b.effects, func(i int, c sis.Course) bool {
		switch e := &b.effects[i]; len(there[c.Key]) {
		case 0:
			return false
		case 1:
			b.courseMade(e, there[c.Key][0])
		default:
			fail(e, &sis.Error{Code: "ID_AMBIGUOUS", Message: "Several courses of the LMS have the section's id as their id number."})
		}
		return true
	})
	if err != nil || len(items) == 0 {
		return err
	}
	written, down := b.target.CreateCourses(ctx, items)
	for n, i := range indexes {
		if id, ok := answer(&b.effects[i], n, written, down); ok {
			items[n].ID = id
			b.courseMade(&b.effects[i], items[n])
		}
	}
	return down
}

func (b *settled) courseMade(e *sync.Effect, c sis.Course) {
	e.State = sync.EffectApplied
	e.Course = c.ID
	b.out.Links = append(b.out.Links, sync.Link{
		Section: e.Section, Course: c.ID, Shortname: c.Shortname, How: sync.Created, Linked: true, Changed: time.Now().UTC(),
	})
}

func (b *settled) createUsers(ctx context.Context) error {
	var keys []string
	for _, e := range b.effects {
		if again(e) {
			keys = append(keys, e.Person)
		}
	}
	there, err := users(ctx, b.target, sis.UserByKey, keys)
	if err != nil {
		return err
	}
	indexes, items, err := pick(b.effects, func(i int, u sis.User) bool {
		switch e := &b.effects[i]; len(there[u.Key]) {
		case 0:
			return false
		case 1:
			b.userWritten(e, there[u.Key][0])
		default:
			fail(e, &sis.Error{Code: "ID_AMBIGUOUS", Message: "Several accounts of the LMS have the person's id as their id number."})
		}
		return true
	})
	if err != nil || len(items) == 0 {
		return err
	}
	written, down := b.target.CreateUsers(ctx, items)
	for n, i := range indexes {
		if id, ok := answer(&b.effects[i], n, written, down); ok {
			items[n].ID = id
			b.userWritten(&b.effects[i], items[n])
		}
	}
	return down
}

// userWritten keeps the link to an account, with what the account says now.
func (b *settled) userWritten(e *sync.Effect, u sis.User) {
	e.State = sync.EffectApplied
	b.keep(sync.PersonLink{
		Person: e.Person, User: u.ID, Username: u.Username, Email: u.Email, Given: u.Given, Family: u.Family,
		Orientation: b.links[e.Person].Orientation,
	})
}

func (b *settled) keep(link sync.PersonLink) {
	b.links[link.Person] = link
	b.out.People = append(b.out.People, link)
}

func (b *settled) updateUsers(ctx context.Context) error {
	indexes, items, err := pick(b.effects, func(int, sis.User) bool { return false })
	if err != nil {
		return err
	}
	written, down := b.target.UpdateUsers(ctx, items)
	for n, i := range indexes {
		e := &b.effects[i]
		if _, ok := answer(e, n, written, down); !ok {
			continue
		}
		if err := b.takenOver(ctx, *e, items[n]); err != nil {
			return err
		}
		b.userUpdated(*e, items[n])
	}
	return down
}

// takenOver gives a person the account that was another one's, with all that
// was last written to it.
func (b *settled) takenOver(ctx context.Context, e sync.Effect, after sis.User) error {
	var before sis.User
	if _, has := b.links[e.Person]; has || json.Unmarshal(e.Before, &before) != nil || before.Key == after.Key {
		return nil
	}
	old, err := b.store.SISPeopleOf(ctx, b.sync.Name, []string{before.Key})
	link, known := old[before.Key]
	if known {
		link.Person = e.Person
		b.links[e.Person] = link
	}
	return err
}

// userUpdated keeps of an account what the SIS changed, and not what a person
// changed in the LMS: that is not ours to remember.
func (b *settled) userUpdated(e sync.Effect, after sis.User) {
	var before sis.User
	if json.Unmarshal(e.Before, &before) != nil {
		before = sis.User{}
	}
	link := b.links[e.Person]
	if after.Email != before.Email {
		link.Email = after.Email
	}
	if after.Given != before.Given {
		link.Given = after.Given
	}
	if after.Family != before.Family {
		link.Family = after.Family
	}
	b.keep(link)
}

// enrol writes enrolments of any kind. One whose account or course could not
// be made waits for the next plan.
func (b *settled) enrol(ctx context.Context) error {
	indexes, spans, err := pick(b.effects, func(i int, _ sync.Span) bool { return b.homeless(&b.effects[i]) })
	if err != nil {
		return err
	}
	items := make([]sis.Enrolment, len(spans))
	for n, span := range spans {
		e := b.effects[indexes[n]]
		items[n] = sis.Enrolment{
			Course: e.Course, User: b.links[e.Person].User, Role: e.Role, Start: span.Start, End: span.End, Suspended: span.Suspended,
		}
	}
	if len(items) == 0 {
		return nil
	}
	written, down := b.target.Enrol(ctx, items)
	for n, i := range indexes {
		e := &b.effects[i]
		_, ok := answer(e, n, written, down)
		if ok {
			b.out.Applied = append(b.out.Applied, sync.Enrolment{
				Place: sync.Place{Person: e.Person, Course: e.Course, Role: e.Role}, Span: spans[n],
			})
		}
		b.orphaned(*e)
		b.oriented(*e)
	}
	return down
}

// removeRoles takes roles away from people who stay in the course in another.
func (b *settled) removeRoles(ctx context.Context) error {
	indexes, _, err := pick(b.effects, func(i int, _ sync.Span) bool { return b.homeless(&b.effects[i]) })
	if err != nil || len(indexes) == 0 {
		return err
	}
	target, can := b.target.(sis.Remover)
	if !can {
		return &sis.Error{Code: "TGT_CAPABILITY", Message: "The target of the sync takes no roles away."}
	}
	items := make([]sis.Enrolment, len(indexes))
	for n, i := range indexes {
		e := b.effects[i]
		items[n] = sis.Enrolment{Course: e.Course, User: b.links[e.Person].User, Role: e.Role}
	}
	written, down := target.RemoveRoles(ctx, items)
	for n, i := range indexes {
		e := &b.effects[i]
		if _, ok := answer(e, n, written, down); ok {
			b.out.Removed = append(b.out.Removed, sync.Place{Person: e.Person, Course: e.Course, Role: e.Role})
		}
		b.orphaned(*e)
	}
	return down
}

// homeless fails an effect that lacks its account or its course.
func (b *settled) homeless(e *sync.Effect) bool {
	switch {
	case b.links[e.Person].User == "":
		fail(e, &sis.Error{Code: "REF_PERSON", Message: "The person's account could not be made; its own error says why."})
	case e.Course == "" && e.Op == sync.Orient:
		fail(e, &sis.Error{Code: "COURSE_GONE", Message: "The orientation course is not in the LMS."})
	case b.courseless(e):
	default:
		return false
	}
	b.oriented(*e)
	return true
}

// courseless fails an effect that lacks its course.
func (b *settled) courseless(e *sync.Effect) bool {
	if e.Course != "" {
		return false
	}
	fail(e, &sis.Error{Code: "REF_SECTION", Message: "The section's course could not be made; its own error says why."})
	return true
}

// orphaned unlinks the section of an effect whose course is gone.
func (b *settled) orphaned(e sync.Effect) {
	if e.Code == "COURSE_GONE" && e.Op != sync.Orient && e.Section != "" {
		b.out.Links = append(b.out.Links, orphan(e.Section, e.Course))
	}
}

// oriented remembers that a person has been through with the orientation
// course, or still owes it.
func (b *settled) oriented(e sync.Effect) {
	link, known := b.links[e.Person]
	if e.Op != sync.Orient || !known || again(e) {
		return
	}
	link.Orientation = sync.OrientationOwed
	if e.State == sync.EffectApplied {
		link.Orientation = sync.OrientationDone
	}
	b.keep(link)
}
