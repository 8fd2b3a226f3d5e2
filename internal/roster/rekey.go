package roster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A record that comes back under another key is the costliest mistake of a
// sync: its course would be made again, empty, and everybody would lose what
// they wrote in the old one. Whatever looks like that is one question to a
// person, and nothing is written meanwhile.

// suspect finds new sections that look like ones that are gone, and new
// persons that look like ones that are gone.
func (p *planner) suspect() {
	p.rekeys = map[rekeyed]sync.Rekey{}
	for _, k := range p.campus.Rekeys {
		p.rekeys[rekeyed{k.Stream, k.New}] = k
	}
	p.findHeirs()
	p.findSuccessors()
	p.suspectSections()
	p.suspectPersons()
	p.askAboutKeys()
}

// rekeyed is the new key of a record that may be an old one.
type rekeyed struct {
	stream sis.Stream
	key    string
}

func (p *planner) suspectSections() {
	lost, fresh := p.lostSections()
	if len(lost) == 0 || len(fresh) == 0 {
		return
	}
	l := p.lookalikes(lost, fresh)
	for _, s := range fresh {
		for _, old := range l.of(s) {
			if !p.sameTerm(old.Section, s.Section) || p.refused(sis.Sections, old.Key, s.Key) {
				continue
			}
			if why := l.same(old, s); why != "" {
				p.suspicion(sis.Sections, old.Key, s.Key, s.term(), why)
				break
			}
		}
	}
}

// lostSections returns the sections that are gone and had a course, and those
// that are to get one.
func (p *planner) lostSections() (lost, fresh []*section) {
	for _, row := range p.campus.Sections {
		s := p.sections[row.Key]
		switch {
		case s.gone && s.link.Linked:
			lost = append(lost, s)
		case !s.gone && !s.link.Linked && !s.link.Decided() && len(s.selected) > 0:
			fresh = append(fresh, s)
		}
	}
	return lost, fresh
}

// sameTerm reports whether two sections share a term, or have terms of the same
// days whose keys have changed too.
func (p *planner) sameTerm(a, b sis.Section) bool {
	for _, one := range a.Terms {
		if slices.Contains(b.Terms, one) {
			return true
		}
		for _, other := range b.Terms {
			x, y := p.campus.Terms[one], p.campus.Terms[other]
			if !x.Start.IsZero() && x.Start == y.Start && x.End == y.End && x.Title == y.Title {
				return true
			}
		}
	}
	return false
}

// findHeirs finds people whose account somebody has said to be another's: two
// people would write to it by turns. The last word counts.
func (p *planner) findHeirs() {
	last := map[string]sync.Rekey{} // by account
	for _, k := range p.campus.Rekeys {
		one := p.persons[k.New]
		if k.Stream != sis.Persons || k.State != sync.RekeyAccepted || one == nil || one.link == nil {
			continue
		}
		if known, ok := last[one.link.User]; !ok || k.Changed.After(known.Changed) {
			last[one.link.User] = k
		}
	}
	for _, one := range p.people {
		if one.link == nil {
			continue
		}
		if k, ok := last[one.link.User]; ok && k.New != one.Key {
			one.heir = k.New
		}
	}
}

// findSuccessors finds the sections that go on in their course under another
// id, as somebody has said: whoever is in none of theirs any more has left.
func (p *planner) findSuccessors() {
	successors := map[string]string{}
	for _, k := range p.campus.Rekeys {
		if k.Stream == sis.Sections && k.State == sync.RekeyAccepted {
			successors[k.Old] = k.New
		}
	}
	for old := range successors {
		key := old
		for range successors { // a key may come back: no further than all
			next, changed := successors[key]
			if !changed {
				break
			}
			key = next
		}
		s, now := p.sections[old], p.sections[key]
		if s != nil && now != nil && !now.gone && now.link.Linked && now.link.Course == s.link.Course {
			s.goesOn = true
		}
	}
}

// suspectPersons finds new persons who have the e-mail or the username of an
// account whose person is gone: the SIS has merged two of its people.
func (p *planner) suspectPersons() {
	lost := map[string]*person{}
	for _, one := range p.people {
		if one.gone && one.link != nil && one.heir == "" {
			lost[strings.ToLower(one.link.Email)] = one
			lost["@"+strings.ToLower(one.link.Username)] = one
		}
	}
	delete(lost, "") // of accounts whose person was erased
	delete(lost, "@")
	for _, one := range p.people {
		if one.gone || (one.link != nil && one.heir == "") || len(lost) == 0 {
			continue
		}
		old := cmp.Or(lost[strings.ToLower(one.Email)], lost["@"+one.Username])
		if old != nil && !p.refused(sis.Persons, old.Key, one.Key) {
			p.suspicion(sis.Persons, old.Key, one.Key, "", "the new one has the e-mail or the username of the old one's account")
		}
	}
}

func (p *planner) refused(stream sis.Stream, old, key string) bool {
	known, ok := p.rekeys[rekeyed{stream, key}]
	return ok && known.Old == old && known.State == sync.RekeyRefused
}

// suspicion notes that two keys may mean one record, unless that is known.
func (p *planner) suspicion(stream sis.Stream, old, key, term, why string) {
	at := rekeyed{stream, key}
	if known, ok := p.rekeys[at]; ok && known.Old == old {
		return
	}
	k := sync.Rekey{
		Stream: stream, Old: old, New: key, Term: term, State: sync.RekeySuspected, Changed: time.Now().UTC(),
		Reason: fmt.Sprintf("%s is gone and %s is new, and they look like one: %s.", old, key, why),
	}
	p.rekeys[at] = k
	p.suspected = append(p.suspected, k)
}

// suspicious returns the verdict on a record that may be one that is known, and
// the zero verdict if it is not.
func (p *planner) suspicious(stream sis.Stream, key string) verdict {
	k, ok := p.rekeys[rekeyed{stream, key}]
	if !ok || k.State != sync.RekeySuspected {
		return verdict{}
	}
	return held(sync.RekeySuspectedCode, k.Reason+" Say whether they are.")
}

// askAboutKeys holds the plan with one question for all records of a stream,
// however many they are.
func (p *planner) askAboutKeys() {
	for _, stream := range []sis.Stream{sis.Sections, sis.Persons} {
		var first sync.Rekey
		n := 0
		for at, k := range p.rekeys {
			if at.stream != stream || k.State != sync.RekeySuspected {
				continue
			}
			if n++; n == 1 || k.New < first.New {
				first = k
			}
		}
		if n > 0 {
			p.askWhether(n, first)
		}
	}
}

// askWhether notes the question, of which first is an example. The approvals
// that it has got count on as long as it is the same.
func (p *planner) askWhether(n int, first sync.Rekey) {
	h := sync.Hold{
		ID: strconv.Itoa(len(p.holds) + 1), Code: sync.RekeySuspectedCode, State: sync.HoldWaits, Scope: sync.InSync, Stream: first.Stream, Of: n,
		Needs: p.sync.Needs(n), Digest: p.digestOf(first.Stream), Message: fmt.Sprintf(
			"%d %s are gone and %d that look like them are new: the SIS may have changed their ids. Nothing is made for the new ones until somebody says so. "+
				"Approve it if they are the same, reject it if they are others, or answer one by one. The first: %s", n, first.Stream, n, first.Reason),
	}
	p.carryOver(&h)
	h.State = sync.HoldWaits // whatever was said is still to be carried out
	p.holds = append(p.holds, h)
}

// digestOf returns a digest of the pairs of a stream that are asked about.
func (p *planner) digestOf(stream sis.Stream) string {
	var pairs []string
	for at, k := range p.rekeys {
		if at.stream == stream && k.State == sync.RekeySuspected {
			pairs = append(pairs, k.Old+"\x00"+k.New)
		}
	}
	slices.Sort(pairs)
	return hash([]byte(string(stream) + strings.Join(pairs, "\x00\x00")))
}

// takeOver gives accounts to persons of whom somebody said that they are others
// under a new key, and changes the key of the account.
func (p *planner) takeOver(ctx context.Context) error {
	var taking []*person
	for _, one := range p.people {
		k, ok := p.rekeys[rekeyed{sis.Persons, one.Key}]
		if ok && k.State == sync.RekeyAccepted && one.link == nil && !one.gone {
			if old := p.persons[k.Old]; old != nil && old.link != nil {
				link := *old.link
				link.Person = one.Key
				one.link, one.before = &link, k.Old
				taking = append(taking, one)
			}
		}
	}
	if len(taking) == 0 {
		return nil
	}
	var keys []string
	for _, one := range taking {
		keys = append(keys, one.before, one.Key)
	}
	byKey, err := users(ctx, p.target, sis.UserByKey, keys)
	if err != nil {
		return err
	}
	for _, one := range taking {
		if _, has := account(byKey[one.Key], one.link.User); has { // it was given its key, and nobody heard
			one.before = ""
			p.adopted = append(p.adopted, *one.link)
			continue
		}
		current, ok := account(byKey[one.before], one.link.User)
		if !ok {
			p.hold(one, "USER_GONE", "The old key's account is gone from the LMS, or has another id number now.")
			one.link = nil
			continue
		}
		after := current
		after.Key = one.Key
		one.verdict = planned(userEffect(one.Key))
		p.user(sync.UpdateUser, one, current, after)
	}
	return nil
}
