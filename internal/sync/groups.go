package sync

// A Grouping says which sections have a group in their course.
type Grouping string

// Which sections have a group in their course, in targets that know groups.
const (
	GroupShared Grouping = "shared" // those that share it with others; so does the empty one
	GroupAll    Grouping = "all"
	GroupNone   Grouping = "none"
)

// A GroupKey is what a group is recognised by: its section, and the course of
// the target that it is in.
type GroupKey struct{ Section, Course string }

// A Group is the group of a section in a course.
type Group struct {
	GroupKey
	ID   string // the target's
	Gone bool   // somebody has deleted it in the target, and it is left at that
}

// A Member is a person in the group of a section.
type Member struct {
	Person string
	GroupKey
}

// Key returns the natural key of a membership.
func (m Member) Key() string { return "member " + m.Person + "|" + m.Course + "|" + m.Section }

// Group returns which group an effect is about.
func (e Effect) Group() GroupKey { return GroupKey{e.Section, e.Course} }

// OfGroup reports whether an effect of that kind is about the group of a
// section, or somebody's place in it.
func (op EffectOp) OfGroup() bool { return op == CreateGroup || op == JoinGroup || op == LeaveGroup }
