package roster

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A groupShape is what an effect says of a group.
type groupShape struct {
	Name string `json:"name,omitempty"`
}

// planGroups plans a group for each section that shares its course with others,
// and who comes and goes there. The members follow the registrations: whoever is
// in the course for a section is in its group, and leaves it for another one of
// the course. Whoever leaves the course stays in the group, suspended as they
// are. Groups that people make in the LMS, and whom they put into ours, are
// never looked at.
func (p *planner) planGroups() {
	if _, can := p.target.(sis.Grouper); !can || p.sync.Groups == sync.GroupNone {
		return
	}
	grouped := p.grouped()
	wanted := p.join(grouped)
	p.leave(grouped, wanted)
}

// courseKey tells courses apart: by the target's id, or by the section that the
// course is made for.
func (s *section) courseKey() string { return cmp.Or(s.link.Course, "section "+s.Key) }

// grouped returns the sections that have a group, or are to get one.
func (p *planner) grouped() map[string]bool {
	sharing := map[string]int{}
	for _, s := range p.sections {
		if !s.gone && s.hasCourse() {
			sharing[s.courseKey()]++
		}
	}
	grouped := map[string]bool{}
	for _, s := range p.sections {
		if s.gone || !s.hasCourse() || (s.state != sync.Applied && s.state != sync.Planned) {
			continue
		}
		group, there := p.campus.Groups[sync.GroupKey{Section: s.Key, Course: s.link.Course}]
		if !group.Gone && (there || sharing[s.courseKey()] > 1 || p.sync.Groups == sync.GroupAll) {
			grouped[s.Key] = true
		}
	}
	return grouped
}

// join plans the groups, and that people come into them; it returns who is to
// be in them.
func (p *planner) join(grouped map[string]bool) map[sync.Member]bool {
	wanted, made := map[sync.Member]bool{}, map[string]bool{}
	for _, at := range p.order {
		if at.want == nil {
			continue
		}
		for _, r := range at.asking {
			s := p.sections[r.Section]
			m := at.memberOf(s)
			if !grouped[s.Key] || wanted[m] || (r.state != sync.Applied && r.state != sync.Planned) {
				continue
			}
			wanted[m] = true
			if p.campus.Members[m] {
				continue
			}
			if _, there := p.campus.Groups[m.GroupKey]; !there && !made[s.Key] {
				made[s.Key] = true
				p.createGroup(s)
			}
			p.membership(sync.JoinGroup, m)
			if r.state == sync.Applied {
				r.verdict = planned(m.Key())
			}
		}
	}
	return wanted
}

func (p *place) memberOf(s *section) sync.Member {
	return sync.Member{Person: p.Person, GroupKey: sync.GroupKey{Section: s.Key, Course: p.Course}}
}

// leave plans that people leave groups of sections that they are registered in
// no more, while they stay in the course for another one.
func (p *planner) leave(grouped map[string]bool, wanted map[sync.Member]bool) {
	var leaving []sync.Member
	for m := range p.campus.Members {
		s := p.sections[m.Section]
		if !wanted[m] && grouped[m.Section] && s.link.Course == m.Course {
			leaving = append(leaving, m)
		}
	}
	if len(leaving) == 0 {
		return
	}
	stays, ended := p.others(leaving)
	slices.SortFunc(leaving, func(a, b sync.Member) int { return strings.Compare(a.Key(), b.Key()) })
	for _, m := range leaving {
		if stays[seat{m.Person, m.Course}] && ended[m] {
			p.membership(sync.LeaveGroup, m)
		}
	}
}

// others returns the seats, by person, that are asked for, and which of the
// members' registrations have ended for sure.
func (p *planner) others(leaving []sync.Member) (stays map[seat]bool, ended map[sync.Member]bool) {
	stays, ended = map[seat]bool{}, map[sync.Member]bool{}
	for _, m := range leaving {
		ended[m] = true
	}
	for _, at := range p.order {
		if at.want != nil {
			stays[seat{at.Person, at.Course}] = true
		}
	}
	for _, r := range p.registrations {
		s := p.sections[r.Section]
		kept := p.aside(sis.Registrations, r.key) != (verdict{})
		if s == nil || (r.gone && r.doubt == "" && !kept) {
			continue
		}
		delete(ended, sync.Member{Person: r.Person, GroupKey: sync.GroupKey{Section: r.Section, Course: s.link.Course}})
	}
	return stays, ended
}

func (p *planner) createGroup(s *section) {
	p.groups = append(p.groups, sync.Effect{
		Op: sync.CreateGroup, Key: "group " + s.Key, Section: s.Key, Course: s.link.Course, After: asJSON(groupShape{Name: baseName(s)}),
	})
}

func (p *planner) membership(op sync.EffectOp, m sync.Member) {
	p.groups = append(p.groups, sync.Effect{
		Op: op, Key: m.Key(), Person: m.Person, Section: m.Section, Course: m.Course, After: p.shown(groupShape{}),
	})
}

// sectionsOf returns which sections effects are about, each once.
func sectionsOf(effects []sync.Effect) []string {
	sections := map[string]bool{}
	for _, e := range effects {
		sections[e.Section] = true
	}
	return slices.Sorted(maps.Keys(sections))
}
