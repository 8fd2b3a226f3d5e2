package roster

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A planner makes a plan of what the ledger knows. It writes nothing; the
// target is asked about courses and accounts that are about to be made.
type planner struct {
	sync   sync.Sync
	campus sync.Campus
	target sis.Target
	allow  int                             // drops that a person lets through
	report func(key, code, message string) // what is wrong with a record
	odd    func(key, why string)           // what is taken, and unusual
	now    time.Time
	today  time.Time
	before sync.Plan // of the run before, whose decisions may still stand

	sections      map[string]*section
	persons       map[string]*person
	people        []*person // in order of arrival
	registrations []*registration
	registered    map[string]*registration // the same, by key
	places        map[placeKey]*place
	order         []*place // in order of their first registration

	creates, accounts, orientation, enrolments, groups []sync.Effect

	asides    map[rekeyed]sync.Aside
	zones     map[string]*time.Location // of sections, by name
	texts     map[any]json.RawMessage   // see shown
	rekeys    map[rekeyed]sync.Rekey
	suspected []sync.Rekey // of these, the new ones

	size   int // of a batch: see [Config]
	shards []sync.Shard

	staff   bool // only accounts of teachers are planned
	still   bool // and no account that is there is changed
	adopted []sync.PersonLink
	holds   []sync.Hold
	lifted  []string           // what people did not want, and the SIS has changed since
	turned  map[string]verdict // by effect: what became of it after all
	future  int64
}

// A section is a section as the plan sees it.
type section struct {
	sis.Section
	verdict
	gone     bool
	goesOn   bool       // though it is gone: under another id, in the same course
	selected []sis.Term // of its terms, those that are synced, the earliest first
	link     sync.Link
	create   bool // the plan makes its course
	begin    time.Time
	end      time.Time
}

// hasCourse reports whether people can be enrolled, now or once the plan's
// courses are made.
func (s *section) hasCourse() bool { return s.create || s.link.Linked }

// term returns the term that drops of the section count for.
func (s *section) term() string {
	if len(s.selected) == 0 {
		return ""
	}
	return s.selected[0].Key
}

// A person is a person as the plan sees them.
type person struct {
	sis.Person
	verdict
	gone   bool
	needed bool // is to have an account
	link   *sync.PersonLink
	create bool   // the plan makes the account
	before string // the key that the person had before, if this plan changes it
	heir   string // the person whose account it is now, as somebody has said

	adapted bool // the SIS writes the username or the e-mail as no account can have it
}

// hasAccount reports whether the person can be enrolled, now or once the plan's
// accounts are made.
func (p *person) hasAccount() bool { return p.heir == "" && (p.link != nil || p.create) }

// A registration is a registration as the plan sees it.
type registration struct {
	*sis.Registration
	verdict
	gone  bool
	over  bool   // it says itself that it has ended
	doubt string // code: it is gone only if a person says so
	key   string
}

// A placeKey tells apart what a person is in a course. The course is the one
// of that id, or the one that is made for the section.
type placeKey struct {
	sync.Place
	section string
}

// A place is a person's place in a course, and all registrations that it
// stands for.
type place struct {
	placeKey
	first  *section
	person *person         // nil if the SIS has not sent the person
	want   *sync.Span      // nil: no registration asks for it
	asking []*registration // that ask for it
	active int             // registrations that are not gone, those that wait included
	stays  bool            // only the role ends: the account stays in the course
	ended  []*registration
}

func (p *place) name() string {
	course := p.Course
	if course == "" {
		course = "section " + p.section
	}
	return "enrolment " + p.Person + "|" + course + "|" + string(p.Role)
}

func newPlanner(s sync.Sync, c sync.Campus, target sis.Target) *planner {
	now := time.Now()
	p := &planner{
		now: now, turned: map[string]verdict{},
		sync: s, campus: c, target: target, report: func(string, string, string) {}, odd: func(string, string) {}, today: s.Today(now),
		sections: make(map[string]*section, len(c.Sections)),
		persons:  make(map[string]*person, len(c.Persons)),
		zones:    map[string]*time.Location{},
		texts:    map[any]json.RawMessage{},
		places:   make(map[placeKey]*place, len(c.Registrations)),
	}
	for _, row := range c.Persons {
		one := &person{Person: row.Record, gone: row.Gone}
		one.Username, one.Email = plainName(one.Username), withoutBlanks(one.Email)
		one.adapted = one.Username != strings.ToLower(row.Record.Username) || one.Email != row.Record.Email
		if link, ok := c.People[row.Key]; ok {
			one.link = &link
		}
		p.persons[row.Key] = one
		p.people = append(p.people, one)
	}
	return p
}

// make makes the plan: what is to be, then what differs from what was written.
func (p *planner) make(ctx context.Context) error {
	p.judgeSections()
	p.judgeRegistrations()
	if err := p.planCourses(ctx); err != nil {
		return err
	}
	if err := p.planPeople(ctx); err != nil {
		return err
	}
	p.brakeChanges()
	p.planEnrolments()
	p.planGroups()
	return p.planOrientation(ctx)
}

// numbered returns all effects in the order in which they are to be applied.
func (p *planner) numbered() []sync.Effect {
	first := slices.Concat(p.creates, p.accounts, p.orientation)
	inCourses := append(p.enrolments, p.groups...)
	order, shards := divide(inCourses, sync.Slots, p.size, int64(len(first)))
	arrange(inCourses, order)
	all := slices.Insert(inCourses, 0, first...)
	p.shards, p.enrolments, p.groups = shards, nil, nil
	for i := range all {
		all[i].Seq = int64(i) + 1
		if all[i].State == "" {
			all[i].State = sync.EffectPlanned
		}
	}
	return all
}

// arrange puts at each place what is at order[place], without a copy of all,
// and uses order up.
func arrange[T any](all []T, order []int) {
	for start := range order {
		held := all[start]
		at := start
		for order[at] != start && order[at] != at {
			from := order[at]
			all[at], order[at] = all[from], at
			at = from
		}
		all[at], order[at] = held, at
	}
}

// judge returns what becomes of an open message, and whether that is new.
func (p *planner) judge(m sync.Message) (sync.Verdict, bool) {
	if judgedByPull(m) {
		return sync.Verdict{}, false
	}
	v, ok := p.verdict(m)
	if !ok {
		return sync.Verdict{}, false
	}
	if other, is := p.turned[v.effect]; is && v.effect != "" {
		v = other
	}
	if v.state == sync.Waiting && strings.HasPrefix(v.code, "REF_") && p.now.Sub(m.Received) > deadAfter {
		v.state = sync.Dead
	}
	p.complain(m, v)
	return v.of(m)
}

// deadAfter is how long a record waits for another one of the SIS before
// somebody should look. It still goes on if the other one comes.
const deadAfter = 30 * 24 * time.Hour

// judgedByPull reports whether a message is about a record that was not taken:
// what is known of its key says nothing about it.
func judgedByPull(m sync.Message) bool {
	return m.Op == sync.Unread || m.Code == "REG_CONFLICT" || (m.Code == "STALE_VERSION" && m.State == sync.Held)
}

func (p *planner) verdict(m sync.Message) (verdict, bool) {
	switch m.Stream {
	case sis.Terms:
		if p.campus.Selects(p.sync, m.Key) {
			return applied, true
		}
		return ignored("The term is not selected for this sync."), true
	case sis.Persons:
		if one := p.persons[m.Key]; one != nil {
			return one.verdict, true
		}
	case sis.Sections:
		if one := p.sections[m.Key]; one != nil {
			return one.verdict, true
		}
	case sis.Registrations:
		if one := p.registered[m.Key]; one != nil {
			return one.verdict, true
		}
	}
	return verdict{}, false
}

// complain reports a record that waits for one that the SIS has not sent, and
// one whose dates are odd.
func (p *planner) complain(m sync.Message, v verdict) {
	at := cmp.Or(m.Where, m.Key)
	if strings.HasPrefix(v.code, "REF_") || v.code == "DATE_RANGE" {
		p.report(at, v.code, v.reason)
	}
	if r := p.registered[m.Key]; m.Stream == sis.Registrations && r != nil && r.over && v.state == sync.Planned {
		p.report(at, "DATE_RANGE", "The SIS says that the registration is active, and that it has ended: the person is in the course with these dates, and cannot enter it.")
	}
}

// shown is asJSON of a comparable value that very many effects show: a term has
// few spans. Nobody may change what it returns.
func (p *planner) shown(v any) json.RawMessage {
	text, known := p.texts[v]
	if !known {
		text = asJSON(v)
		p.texts[v] = text
	}
	return text
}

// asJSON returns what an effect shows of something.
func asJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of strings and times
	}
	return text
}
