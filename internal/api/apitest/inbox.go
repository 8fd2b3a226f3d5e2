package apitest

import (
	"context"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// declareWords declares the tasks by which people say what is so.
func (p *Platform) declareWords() {
	p.Declare("sis.term", "Choose a term.", `{"type":"object","additionalProperties":false,"required":["sync","term"],"properties":{
		"sync":{"type":"string"},"term":{"type":"string"},"drop":{"type":"boolean"},"reason":{"type":"string"}}}`)
	p.Declare("sis.rekey", "Say whether ids have changed.", `{"type":"object","additionalProperties":false,"required":["sync","stream"],"properties":{
		"sync":{"type":"string"},"stream":{"type":"string"},"term":{"type":"string"},"new":{"type":"array"},"refuse":{"type":"boolean"}}}`)
	p.Declare("sis.skip", "Skip messages.", `{"type":"object","additionalProperties":false,"required":["sync"],"properties":{
		"sync":{"type":"string"},"messages":{"type":"array"},"hold":{"type":"boolean"},"back":{"type":"boolean"},"reason":{"type":"string"}}}`)
}

// SISMessages implements api.Ledger.
func (l Ledger) SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error) {
	return page(l.campus.messages, f.Limit, func(m sync.Message) bool {
		return (f.Stream == "" || f.Stream == m.Stream) && (f.State == "" || f.State == m.State) && (f.Code == "" || f.Code == m.Code) &&
			(f.Person == "" || strings.Contains(m.Key, f.Person)) && (f.Record == "" || f.Record == m.Key) && (f.Before == "" || m.ID < f.Before)
	}), l.Ping(ctx)
}

// SISMessageCounts implements api.Ledger.
func (l Ledger) SISMessageCounts(ctx context.Context, _ string) (counts []sync.MessageCount, err error) {
	for _, m := range l.campus.messages {
		counts = append(counts, sync.MessageCount{Stream: m.Stream, State: m.State, Code: m.Code, Count: 1, Oldest: m.Received})
	}
	return counts, l.Ping(ctx)
}

// SISMessage implements api.Ledger.
func (l Ledger) SISMessage(ctx context.Context, name, id string) (sync.MessageDetail, error) {
	for _, m := range l.campus.messages {
		if m.ID == id {
			before := m
			before.Body = []byte(strings.Replace(string(m.Body), "Ada", "Augusta", 1))
			return sync.MessageDetail{Message: m, Before: &before, Fields: sync.FieldsOf(m.Body, before.Body), Plan: "plan"}, l.Ping(ctx)
		}
	}
	return sync.MessageDetail{}, fault.New(fault.NotFound, "Sync %s has no message %s.", name, id)
}

// SISSections implements api.Ledger.
func (l Ledger) SISSections(ctx context.Context, f sync.SectionFilter) ([]sync.Section, error) {
	return page(l.campus.sections, f.Limit, func(s sync.Section) bool {
		return (f.State == "" || f.State == s.State) && (f.Text == "" || strings.Contains(strings.ToLower(s.Title), f.Text)) && (f.After == "" || s.Key > f.After)
	}), l.Ping(ctx)
}

// SISSectionCounts implements api.Ledger.
func (l Ledger) SISSectionCounts(ctx context.Context, _, _ string) (map[sync.SectionState]int64, error) {
	counts := map[sync.SectionState]int64{}
	for _, s := range l.campus.sections {
		counts[s.State]++
	}
	return counts, l.Ping(ctx)
}

// SISSection implements api.Ledger.
func (l Ledger) SISSection(ctx context.Context, name, key string) (sync.Section, error) {
	for _, s := range l.campus.sections {
		if s.Key == key {
			return s, l.Ping(ctx)
		}
	}
	return sync.Section{}, fault.New(fault.NotFound, "The SIS has sent no section %q for sync %s.", key, name)
}

// SISRegistered implements api.Ledger.
func (l Ledger) SISRegistered(ctx context.Context, _, section, _ string, limit int) ([]sync.Registered, error) {
	all := []sync.Registered{{
		Registration: sis.Registration{Key: "e-3", Section: "s-2", Person: "p-1", Role: sis.Student}, Message: "m-2", State: sync.Waiting,
		Code: "SECTION_UNLINKED", Reason: "The section is not linked to a course.",
	}}
	return page(all, limit, func(r sync.Registered) bool { return r.Section == section }), l.Ping(ctx)
}

// SISTerms implements api.Ledger.
func (l Ledger) SISTerms(ctx context.Context, _ string) ([]sync.Term, error) {
	day := func(m time.Month, d int) sis.Date { return sis.Date{Year: 2026, Month: m, Day: d} }
	return []sync.Term{
		{Term: sis.Term{Key: "fall", Title: "Fall 2026", Kind: "term", Start: day(time.September, 1), End: day(time.December, 19)}, Sections: 2},
		{
			Term: sis.Term{Key: "spring", Title: "Spring 2026", Kind: "term", Start: day(time.January, 12), End: day(time.May, 9)}, Sections: 1,
			Choice: &sync.TermChoice{Term: "spring", Reason: "grades are in", By: "j-1", Changed: Now},
		},
	}, l.Ping(ctx)
}

// SISRekeys implements api.Ledger.
func (l Ledger) SISRekeys(ctx context.Context, _ string) ([]sync.Rekey, error) {
	return []sync.Rekey{
		{Stream: sis.Sections, Old: "s-0", New: "s-9", Term: "fall", State: sync.RekeySuspected, Reason: "s-0 is gone and s-9 is new, and they look like one: 24 students are in both.", Changed: Now},
		{Stream: sis.Sections, Old: "s-3", New: "s-8", Term: "fall", State: sync.RekeyRefused, By: "j-2", Reason: "both are MAT-2, Geometry", Changed: Now},
	}, l.Ping(ctx)
}

// SISWhy implements api.Ledger.
func (l Ledger) SISWhy(ctx context.Context, _, person, section string, usernames bool) (sync.Facts, error) {
	f := sync.Facts{AskedPerson: person, AskedSection: section, Pulled: sync.Pull{At: Now}}
	if person == "p-1" || usernames && person == "ada" {
		f.Persons = []sync.Known[sis.Person]{{Record: sis.Person{Key: "p-1", Roles: []sis.Role{sis.Student}}}}
	}
	for _, s := range l.campus.sections {
		if s.Key == section {
			f.Sections = []sync.Section{s}
		}
	}
	if len(f.Persons) > 0 {
		f.Registrations, _ = l.SISRegistered(ctx, "", section, "", 50)
	}
	f.Terms, _ = l.SISTerms(ctx, "")
	f.Terms = f.Terms[:1]
	return f, l.Ping(ctx)
}
