package imsenterprise

import (
	"cmp"
	"hash/maphash"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A book is what has to be known of a file before anything of it is emitted.
type book struct {
	terms    map[string]bool   // ids of groups that are terms
	courses  map[string]string // titles of groups that are courses, by id
	sections bool              // groups say that they are sections; courses are no sections then
	orgs     map[string]*term  // what terms are made of where no group is one
	inList   map[string]string // the cross-list of a section
	lists    map[string]bool   // ids of cross-lists

	seed  maphash.Seed
	roles map[uint64]roleSet // that people have in groups, by a digest of their ids
}

func newBook() *book {
	return &book{
		terms: map[string]bool{}, courses: map[string]string{}, orgs: map[string]*term{}, inList: map[string]string{},
		lists: map[string]bool{}, seed: maphash.MakeSeed(), roles: map[uint64]roleSet{},
	}
}

func (b *book) visitor() visitor { return visitor{group: b.group, member: b.member} }

func (b *book) group(_ int, g *group) error {
	switch key := keyOf(g.IDs); g.kind() {
	case isTerm:
		b.terms[key] = true
	case isCourse:
		b.courses[key] = cmp.Or(clean(g.Full), clean(g.Long), clean(g.Short))
		b.include(g)
	case isCrossList:
		b.lists[key] = true
	case isSection:
		b.sections = b.sections || g.isTyped()
		b.include(g)
	}
	return nil
}

// include lets the term that a section's org may be last as long as it.
func (b *book) include(g *group) {
	org := g.org()
	if org == "" {
		return
	}
	if b.orgs[org] == nil {
		b.orgs[org] = &term{}
	}
	b.orgs[org].include(g.Time)
}

func (b *book) member(_ int, in string, m *member) error {
	key := keyOf(m.IDs)
	if m.isGroup() {
		b.inList[key], b.lists[in] = in, true
		return nil
	}
	for _, r := range m.Roles {
		if role, ok := roleTypes[plainType(r.Type)]; ok && !r.ended() {
			b.roles[b.digest(key)] |= setOf(role)
		}
	}
	return nil
}

func (b *book) digest(key string) uint64 { return maphash.String(b.seed, key) }

// kind returns what a group is, as the whole file has it.
func (b *book) kind(g *group) kind {
	switch k := g.kind(); {
	case b.lists[keyOf(g.IDs)]:
		return isCrossList
	case k == isCourse && !b.sections:
		return isSection
	default:
		return k
	}
}

// termOf returns the term of a section, or "".
func (b *book) termOf(g *group) string {
	if key := g.related("Term"); key != "" {
		return key
	}
	key := keyOf(g.IDs)
	if after := key[strings.LastIndex(key, ".")+1:]; b.terms[after] {
		return after
	}
	if len(b.terms) > 0 {
		return ""
	}
	return g.org()
}

// org returns what a group names as its organisation.
func (g *group) org() string { return cmp.Or(clean(g.Org.Unit), clean(g.Org.ID), clean(g.Org.Name)) }

// A term is from the first begin to the last end of its groups.
type term struct{ begin, end sis.Date }

func (t *term) include(f timeframe) {
	begin, err := sis.ParseDate(clean(f.Begin.Text))
	if err == nil && (t.begin.IsZero() || begin.Before(t.begin)) {
		t.begin = begin
	}
	end, err := sis.ParseDate(clean(f.End.Text))
	if err == nil && t.end.Before(end) {
		t.end = end
	}
}

func clean(text string) string { return strings.TrimSpace(text) }

// A roleSet is some of the roles.
type roleSet uint8

var allRoles = []sis.Role{sis.Student, sis.Teacher, sis.Assistant}

func setOf(role sis.Role) roleSet {
	for i, r := range allRoles {
		if r == role {
			return 1 << i
		}
	}
	return 0
}

func (s roleSet) roles() (roles []sis.Role) {
	for i, role := range allRoles {
		if s&(1<<i) != 0 {
			roles = append(roles, role)
		}
	}
	return roles
}
