package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Campus is what the pages read of the exchange with the SIS.
type Campus interface {
	SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error)
	SISMessageCounts(ctx context.Context, name string) ([]sync.MessageCount, error)
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
}

// stuck are the states of messages that somebody may have to do something
// about.
var stuck = []sync.MessageState{sync.Waiting, sync.Held, sync.Rejected}

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
	return s.render(w, r, http.StatusOK, "messages", page)
}

// messageFilter reads the filter that a URL is. Without a sync it is the
// first one's.
func (s *server) messageFilter(ctx context.Context, q url.Values) (sync.MessageFilter, error) {
	f := sync.MessageFilter{
		Sync:   q.Get("sync"),
		Stream: sis.Stream(q.Get("stream")),
		State:  sync.MessageState(q.Get("state")),
		Code:   strings.TrimSpace(q.Get("code")),
		Text:   strings.TrimSpace(q.Get("q")),
		Before: q.Get("before"),
		Limit:  perPage + 1,
	}
	syncs := s.syncs(ctx)
	if f.Sync == "" && len(syncs) > 0 {
		f.Sync = syncs[0]
	}
	switch {
	case f.Sync != "" && !slices.Contains(syncs, f.Sync):
		return f, fault.New(fault.NotFound, "There is no sync “%s”.", f.Sync).In("sync")
	case f.Stream != "" && !slices.Contains(sis.Streams, f.Stream):
		return f, fault.New(fault.Invalid, "There is no stream “%s”; the streams are terms, persons, sections and registrations.", f.Stream).In("stream")
	case f.State != "" && !slices.Contains(sync.MessageStates, f.State):
		return f, fault.New(fault.Invalid, "Messages are never “%s”.", f.State).In("state")
	}
	return f, nil
}

func (s *server) messagesPage(ctx context.Context, f sync.MessageFilter, q url.Values) (page messagesPage, err error) {
	page = messagesPage{
		Sync: f.Sync, Filter: f, Streams: sis.Streams,
		Filtered: f.Stream != "" || f.Code != "" || f.Text != "",
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
	page.summarize(counts, q)
	page.fill(messages, q)
	page.Syncs = switcher(s.syncs(ctx))
	return page, nil
}

// syncs are those that whoever acts may see.
func (s *server) syncs(ctx context.Context) []string {
	return slices.DeleteFunc(slices.Clone(s.Syncs), func(name string) bool { return s.SeesSync != nil && !s.SeesSync(ctx, name) })
}

// switcher leads to the messages of each sync, if there are several.
func switcher(syncs []string) (links []link) {
	if len(syncs) < 2 {
		return nil
	}
	for _, name := range syncs {
		links = append(links, link{name, with("/messages", url.Values{}, "sync", name)})
	}
	return links
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
		p.Rows = append(p.Rows, messageRow{m, messageChips[m.State], strings.Split(m.Key, "|")})
	}
}
