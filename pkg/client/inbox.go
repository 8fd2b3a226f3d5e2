package client

import (
	"context"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// The vocabulary of what an SIS sends, as it stands in the API.
type (
	// A Message is one record that the SIS sent, and what became of it.
	Message = sync.Message
	// A MessageFilter chooses messages.
	MessageFilter = sync.MessageFilter
	// A MessageDetail is a message and what it led to.
	MessageDetail = sync.MessageDetail
	// A Section is a class of the SIS and the course it is linked to.
	Section = sync.Section
	// A SectionFilter chooses sections.
	SectionFilter = sync.SectionFilter
	// A Term is a term of the SIS, and whether it is synced.
	Term = sync.Term
	// A Rekey is a record that is gone and a new one that looks like it.
	Rekey = sync.Rekey
	// An Answer says why a person is, or is not, in a course.
	Answer = sync.Answer
)

// MessageList is one page of messages, newest first.
type MessageList struct {
	Messages []Message           `json:"messages"`
	Next     string              `json:"next,omitempty"` // cursor of the next page: MessageFilter.Before
	Counts   []sync.MessageCount `json:"counts"`         // all of the sync
}

// SectionList is one page of sections, by title.
type SectionList struct {
	Sections []Section                   `json:"sections"`
	Next     string                      `json:"next,omitempty"` // cursor of the next page: SectionFilter.After
	Counts   map[sync.SectionState]int64 `json:"counts"`         // all of the sync, or of the term that was asked for
}

// SectionPage is a section, one page of its registrations by person, and what
// the SIS said of it, newest first.
type SectionPage struct {
	Section       Section           `json:"section"`
	Registrations []sync.Registered `json:"registrations"`
	Next          string            `json:"next,omitempty"` // where the next page of registrations begins
	Messages      []Message         `json:"messages"`
}

// TermList is the terms of a sync.
type TermList struct {
	Terms []Term `json:"terms"`
}

// RekeyList is what looks like the same record under two ids.
type RekeyList struct {
	Rekeys []Rekey `json:"rekeys"`
}

// LinkSection pairs a section with a course of the LMS.
type LinkSection struct {
	Section string `json:"section"` // its id in the SIS
	Course  string `json:"course"`  // id number, short name or id in the LMS
	Reason  string `json:"reason,omitempty"`
}

// UnlinkSection takes a section from its course.
type UnlinkSection struct {
	Section string `json:"section"`
	Reason  string `json:"reason,omitempty"`
}

// ChooseTerm says whether a term is synced, whatever the settings say.
type ChooseTerm struct {
	Term   string `json:"term"`
	Drop   bool   `json:"drop,omitempty"` // take it out
	Reason string `json:"reason,omitempty"`
}

// JudgeRekeys says whether new records are old ones under new ids.
type JudgeRekeys struct {
	Stream sis.Stream `json:"stream"`           // sections or persons
	Term   string     `json:"term,omitempty"`   // only sections of this one
	New    []string   `json:"new,omitempty"`    // the new ids that are meant; none: all that are asked about
	Refuse bool       `json:"refuse,omitempty"` // they are others
}

// SkipMessages says that messages are not to be applied, or takes that back.
type SkipMessages struct {
	Messages []string `json:"messages,omitempty"` // ids; at most 500
	Hold     bool     `json:"hold,omitempty"`     // for now, not for good
	Back     bool     `json:"back,omitempty"`     // try them again
	Reason   string   `json:"reason,omitempty"`   // required unless they are tried again
}

// Messages lists messages of the sync that f names, newest first.
func (c *Client) Messages(ctx context.Context, f MessageFilter) (MessageList, error) {
	q := url.Values{}
	set(q, "stream", string(f.Stream))
	set(q, "state", string(f.State))
	set(q, "code", f.Code)
	set(q, "q", f.Text)
	set(q, "run", f.Run)
	set(q, "term", f.Term)
	set(q, "section", f.Section)
	set(q, "person", f.Person)
	set(q, "before", f.Before)
	setNumber(q, "limit", int64(f.Limit))
	return get[MessageList](ctx, c, path("syncs", f.Sync, "messages"), q)
}

// Message returns a message and what it led to.
func (c *Client) Message(ctx context.Context, sync, id string) (MessageDetail, error) {
	return get[MessageDetail](ctx, c, path("syncs", sync, "messages", id), nil)
}

// Skip starts the job that sets messages aside, or tries them again.
func (c *Client) Skip(ctx context.Context, sync string, s SkipMessages) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "skip"), s)
}

// Why answers why a person is, or is not, in the course of a section. The
// person is a key of the SIS or part of a username, the section a key or a
// class code.
func (c *Client) Why(ctx context.Context, sync, person, section string) (Answer, error) {
	q := url.Values{}
	set(q, "person", person)
	set(q, "section", section)
	return get[Answer](ctx, c, path("syncs", sync, "why"), q)
}

// Sections lists sections of the sync that f names, by title.
func (c *Client) Sections(ctx context.Context, f SectionFilter) (SectionList, error) {
	q := url.Values{}
	set(q, "state", string(f.State))
	set(q, "term", f.Term)
	set(q, "q", f.Text)
	set(q, "after", f.After)
	setNumber(q, "limit", int64(f.Limit))
	return get[SectionList](ctx, c, path("syncs", f.Sync, "sections"), q)
}

// Section returns a section with its registrations, those behind the cursor
// that is given.
func (c *Client) Section(ctx context.Context, sync, section, after string, limit int) (SectionPage, error) {
	q := url.Values{}
	set(q, "after", after)
	setNumber(q, "limit", int64(limit))
	return get[SectionPage](ctx, c, path("syncs", sync, "sections", section), q)
}

// Link starts the job that links a section to a course by hand.
func (c *Client) Link(ctx context.Context, sync string, l LinkSection) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "link"), l)
}

// Unlink starts the job that unlinks a section, for good.
func (c *Client) Unlink(ctx context.Context, sync string, u UnlinkSection) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "unlink"), u)
}

// Terms returns the terms of a sync.
func (c *Client) Terms(ctx context.Context, sync string) ([]Term, error) {
	list, err := get[TermList](ctx, c, path("syncs", sync, "terms"), nil)
	return list.Terms, err
}

// ChooseTerm starts the job that chooses a term, or takes it out.
func (c *Client) ChooseTerm(ctx context.Context, sync string, t ChooseTerm) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "term"), t)
}

// Rekeys returns the records of a sync that look like the same under two ids.
func (c *Client) Rekeys(ctx context.Context, sync string) ([]Rekey, error) {
	list, err := get[RekeyList](ctx, c, path("syncs", sync, "rekeys"), nil)
	return list.Rekeys, err
}

// JudgeRekeys starts the job that answers what is asked about them.
func (c *Client) JudgeRekeys(ctx context.Context, sync string, j JudgeRekeys) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "rekey"), j)
}
