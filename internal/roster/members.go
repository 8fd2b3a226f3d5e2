package roster

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// createGroups makes groups of sections, or finds those that are there.
func (b *settled) createGroups(ctx context.Context) error {
	indexes, shapes, err := pick(b.effects, func(i int, _ groupShape) bool { return b.courseless(&b.effects[i]) })
	if err != nil || len(shapes) == 0 {
		return err
	}
	items := make([]sis.Group, len(shapes))
	for n, shape := range shapes {
		e := b.effects[indexes[n]]
		items[n] = sis.Group{Course: e.Course, Key: e.Section, Name: shape.Name}
	}
	written, down := b.grouper().EnsureGroups(ctx, items)
	for n, i := range indexes {
		e := &b.effects[i]
		if id, ok := answer(e, n, written, down); ok {
			b.out.Groups = append(b.out.Groups, sync.Group{GroupKey: e.Group(), ID: id})
		}
		b.orphaned(*e)
	}
	return down
}

func (b *settled) grouper() sis.Grouper {
	target, ok := b.target.(sis.Grouper)
	if !ok {
		return groupless{}
	}
	return target
}

// groupless stands for a target that knew groups when the plan was made, and
// does not any more.
type groupless struct{}

func (groupless) EnsureGroups(context.Context, []sis.Group) ([]sis.Written, error) {
	return nil, errGroupless
}

func (groupless) SetMembers(context.Context, []sis.Membership) ([]sis.Written, error) {
	return nil, errGroupless
}

var errGroupless = &sis.Error{Code: "TGT_CAPABILITY", Message: "The target of the sync has no groups."}

// setMembers brings people into groups of sections, and out of them.
func (b *settled) setMembers(ctx context.Context) error {
	groups, err := b.store.SISGroups(ctx, b.sync.Name, sectionsOf(b.effects))
	if err != nil {
		return err
	}
	applied, err := b.store.SISAppliedTo(ctx, b.sync.Name, peopleOf(b.effects))
	if err != nil {
		return err
	}
	here := map[seat]bool{}
	for at, span := range applied {
		here[seat{at.Person, at.Course}] = here[seat{at.Person, at.Course}] || !span.Suspended
	}
	indexes, _, err := pick(b.effects, func(i int, _ groupShape) bool {
		e := &b.effects[i]
		return b.outside(e, groups[e.Group()], here[seat{e.Person, e.Course}])
	})
	if err != nil || len(indexes) == 0 {
		return err
	}
	items := make([]sis.Membership, len(indexes))
	for n, i := range indexes {
		e := b.effects[i]
		items[n] = sis.Membership{Group: groups[e.Group()].ID, User: b.links[e.Person].User, Gone: e.Op == sync.LeaveGroup}
	}
	written, down := b.grouper().SetMembers(ctx, items)
	for n, i := range indexes {
		e := &b.effects[i]
		_, _ = answer(e, n, written, down)
		b.moved(e)
	}
	return down
}

// moved keeps who is in a group now. A group that somebody has deleted in the
// LMS is not made again.
func (b *settled) moved(e *sync.Effect) {
	if e.Code == "GROUP_GONE" {
		b.out.Groups = append(b.out.Groups, sync.Group{GroupKey: e.Group(), Gone: true})
	}
	if e.Op == sync.LeaveGroup && (e.Code == "GROUP_GONE" || e.Code == "USER_GONE" || e.Code == "NOT_ENROLLED") {
		e.State, e.Code, e.Message = sync.EffectApplied, "", "" // out they are
	}
	m := sync.Member{Person: e.Person, GroupKey: e.Group()}
	switch {
	case e.State != sync.EffectApplied:
	case e.Op == sync.JoinGroup:
		b.out.Joined = append(b.out.Joined, m)
	default:
		b.out.Left = append(b.out.Left, m)
	}
}

// outside fails an effect on somebody who cannot be in a group, or on a group
// that is not there.
func (b *settled) outside(e *sync.Effect, g sync.Group, here bool) bool {
	switch {
	case b.courseless(e):
	case b.links[e.Person].User == "" || (e.Op == sync.JoinGroup && !here):
		fail(e, &sis.Error{Code: "REF_PERSON", Message: "The person could not be enrolled in the course; its own error says why."})
	case g.Gone:
		fail(e, &sis.Error{Code: "GROUP_GONE", Message: "The section's group was deleted in the LMS, and is not made again."})
	case g.ID == "":
		fail(e, &sis.Error{Code: "REF_SECTION", Message: "The section's group could not be made; its own error says why."})
	default:
		return false
	}
	return true
}
