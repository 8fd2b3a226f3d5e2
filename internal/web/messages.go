package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Inbox is what the pages read of the messages of the SIS.
type Inbox interface {
	SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error)
	SISMessageCounts(ctx context.Context, name string) ([]sync.MessageCount, error)
	SISMessage(ctx context.Context, name, id string) (sync.MessageDetail, error)

	// Why answers why a person is, or is not, in the course of a section. Both are
	// keys of the SIS, or what people know instead.
	Why(ctx context.Context, name, person, section string) (sync.Answer, error)
}

type messagesPage struct {
	frame
	Syncs    []link // one for each sync; none if there is only one
	Sync     string
	Sentence string
	Tabs     []tab
	Reasons  []reason
	Filter   sync.MessageFilter
	Streams  []sis.Stream
	Codes    []string
	Filtered bool
	Rows     []messageRow
	Newest   string // URLs; empty: nowhere to go
	Older    string
	Operates bool // whoever looks may have them tried again
	Begun    *begun
}

// A reason is why some messages are not applied.
type reason struct {
	Code  string
	Chip  chip
	Count int64
	URL   string
	Open  bool
}

type messageRow struct {
	sync.Message
	Chip  chip
	Parts []string // of the key
	URL   string
}

func messagePath(name, id string) string {
	return "/messages/" + url.PathEscape(name) + "/" + url.PathEscape(id)
}

func messageRowOf(m sync.Message) messageRow {
	return messageRow{m, messageChips[m.State], strings.Split(m.Key, "|"), messagePath(m.Sync, m.ID)}
}

var messageChips = map[sync.MessageState]chip{
	sync.Received:   {"Received", "messages", "queued"},
	sync.Waiting:    {"Waiting", "waiting", "waiting"},
	sync.Held:       {"Held", "held", "held"},
	sync.Planned:    {"Planned", "clock", "running"},
	sync.Rejected:   {"Rejected", "failed", "failed"},
	sync.Ignored:    {"Ignored", "aborted", "aborted"},
	sync.Applied:    {"Applied", "check", "succeeded"},
	sync.Superseded: {"Superseded", "retry", "aborted"},
	sync.Dead:       {"Given up", "expired", "failed"},
	sync.Duplicate:  {"Known already", "copy", "aborted"},
}

// stuck are the states of messages that somebody may have to do something
// about.
var stuck = []sync.MessageState{sync.Waiting, sync.Held, sync.Rejected, sync.Dead}

// messages serves GET /messages: what the SIS sent, and what became of it.
func (s *server) messages(w http.ResponseWriter, r *http.Request) error {
	filter, err := s.messageFilter(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	page, err := s.messagesPage(r.Context(), filter, r.URL.Query())
	if err != nil {
		return err
	}
	if page.Begun, err = s.begun(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "messages", page)
}

// messageFilter reads the filter that a URL is. Without a sync it is the
// first one's.
func (s *server) messageFilter(ctx context.Context, q url.Values) (f sync.MessageFilter, err error) {
	f = sync.MessageFilter{
		Code: strings.TrimSpace(q.Get("code")), Text: strings.TrimSpace(q.Get("q")), Run: q.Get("run"),
		Term: strings.TrimSpace(q.Get("term")), Section: strings.TrimSpace(q.Get("section")), Person: strings.TrimSpace(q.Get("person")),
		Before: q.Get("before"), Limit: perPage + 1,
	}
	if f.Sync, err = s.syncOf(ctx, q); err != nil {
		return f, err
	}
	if f.Stream, err = oneOf(q, "stream", sis.Streams, "There is no stream “%s”; the streams are terms, persons, sections and registrations."); err != nil {
		return f, err
	}
	f.State, err = oneOf(q, "state", sync.MessageStates, "Messages are never “%s”.")
	return f, err
}

func (s *server) messagesPage(ctx context.Context, f sync.MessageFilter, q url.Values) (page messagesPage, err error) {
	page = messagesPage{
		Sync: f.Sync, Filter: f, Streams: sis.Streams,
		Filtered: join("", string(f.Stream), f.Code, f.Text, f.Run, f.Term, f.Section, f.Person) != "",
	}
	if page.frame, err = s.frame(ctx, "Messages", "messages"); err != nil || f.Sync == "" {
		return page, err
	}
	counts, err := s.Campus.SISMessageCounts(ctx, f.Sync)
	if err != nil {
		return page, fmt.Errorf("count messages of %s: %w", f.Sync, err)
	}
	messages, err := s.Campus.SISMessages(ctx, f)
	if err != nil {
		return page, fmt.Errorf("list messages of %s: %w", f.Sync, err)
	}
	q.Del("job")
	page.summarize(counts, q)
	page.fill(messages, q)
	page.Syncs, page.Operates = switcher("/messages", s.syncs(ctx)), s.Campus.OperatesSync(ctx, f.Sync)
	return page, nil
}

// summarize counts the messages by state and by reason.
func (p *messagesPage) summarize(counts []sync.MessageCount, q url.Values) {
	var total int64
	states, codes := map[sync.MessageState]int64{}, map[reasonKey]int64{}
	for _, c := range counts {
		total += c.Count
		states[c.State] += c.Count
		if c.Code != "" {
			codes[reasonKey{c.State, c.Code}] += c.Count
		}
	}
	p.Tabs = messageTabs(states, total, p.Filter.State, q)
	p.Sentence = messageSentence(states, total)
	p.Reasons = reasons(codes, p.Filter, q)
	for key := range codes {
		p.Codes = append(p.Codes, key.code)
	}
	slices.Sort(p.Codes)
	p.Codes = slices.Compact(p.Codes)
}

type reasonKey struct {
	state sync.MessageState
	code  string
}

// reasons lists why messages are stuck, the most frequent reason first.
func reasons(codes map[reasonKey]int64, f sync.MessageFilter, q url.Values) (all []reason) {
	for key, n := range codes {
		if !slices.Contains(stuck, key.state) {
			continue
		}
		open := f.State == key.state && f.Code == key.code
		to := with("/messages", q, "before", "", "state", string(key.state), "code", key.code)
		if open {
			to = with("/messages", q, "before", "", "state", "", "code", "")
		}
		all = append(all, reason{key.code, messageChips[key.state], n, to, open})
	}
	slices.SortFunc(all, func(a, b reason) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Code+a.Chip.Word, b.Code+b.Chip.Word)
	})
	return all
}

func messageTabs(states map[sync.MessageState]int64, total int64, open sync.MessageState, q url.Values) []tab {
	tabs := []tab{{"All", total, with("/messages", q, "before", "", "code", "", "state", ""), open == ""}}
	for _, state := range sync.MessageStates {
		if states[state] == 0 && open != state && state != sync.Waiting && state != sync.Applied {
			continue
		}
		to := with("/messages", q, "before", "", "code", "", "state", string(state))
		tabs = append(tabs, tab{messageChips[state].Word, states[state], to, open == state})
	}
	return tabs
}

// messageSentence is the state of all messages in one sentence.
func messageSentence(states map[sync.MessageState]int64, total int64) string {
	var parts []string
	for _, state := range stuck {
		if n := states[state]; n > 0 {
			parts = append(parts, number(n)+" "+string(state))
		}
	}
	switch {
	case total == 0:
		return "The SIS has sent nothing yet."
	case len(parts) == 0:
		return "Nothing waits or was rejected."
	default:
		return strings.Join(parts, ", ") + " of " + counted(total, "message", "messages") + " from the SIS."
	}
}

// fill puts the messages into rows, and links to the pages beside this one.
func (p *messagesPage) fill(messages []sync.Message, q url.Values) {
	if p.Filter.Before != "" {
		p.Newest = with("/messages", q, "before", "")
	}
	if len(messages) > perPage {
		messages = messages[:perPage]
		p.Older = with("/messages", q, "before", messages[perPage-1].ID)
	}
	for _, m := range messages {
		p.Rows = append(p.Rows, messageRowOf(m))
	}
}
