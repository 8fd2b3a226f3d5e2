package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

type messagePage struct {
	frame
	sync.MessageDetail
	Chip     chip
	Name     string // of the record
	Facts    []link // what it is about; without a URL it leads nowhere
	History  []eventRow
	Changes  []fieldChange // of the effect
	EffectOp string
	Effect   chip
	Plan     string   // URLs; empty: nowhere to go
	Why      string   // why the person is not in the course
	Earlier  string   // the message before
	Words    []string // what may be said about it
	Hidden   bool     // whoever looks may not see what names a person
	Begun    *begun
	URL      string
}

// An eventRow is one change of a message's state.
type eventRow struct {
	sync.MessageEvent
	Chip chip
	Job  string // URL of the job that did it; empty: a person did
}

// message serves GET /messages/{sync}/{message}: what a record said, and its way
// through the states.
func (s *server) message(w http.ResponseWriter, r *http.Request) error {
	d, err := s.messageOf(r)
	if err != nil {
		return err
	}
	page := messagePage{MessageDetail: d, Chip: messageChips[d.State], Name: recordName(d.Message), URL: messagePath(d.Sync, d.ID)}
	if page.frame, err = s.frame(r.Context(), page.Name, "messages"); err != nil {
		return err
	}
	if page.Begun, err = s.begun(r); err != nil {
		return err
	}
	if s.Campus.OperatesSync(r.Context(), d.Sync) {
		page.Words = wordsFor(d.Message)
	}
	page.about()
	page.fill()
	return s.render(w, r, http.StatusOK, "message", page)
}

func (s *server) messageOf(r *http.Request) (sync.MessageDetail, error) {
	d, err := s.Campus.SISMessage(r.Context(), r.PathValue("sync"), r.PathValue("message"))
	if err != nil {
		err = fmt.Errorf("read message: %w", err)
	}
	return d, err
}

// recordName says in a few words what a message is about.
func recordName(m sync.Message) string {
	parts := strings.Split(m.Key, "|")
	if m.Stream == sis.Registrations && len(parts) == 3 {
		return fmt.Sprintf("%s in %s as %s", parts[1], parts[0], parts[2])
	}
	return capital(strings.TrimSuffix(string(m.Stream), "s")) + " " + m.Key
}

// wordsFor are the things that may be said about a message as it stands.
func wordsFor(m sync.Message) (all []string) {
	aside := m.Code == "MANUAL_OVERRIDE" && (m.State == sync.Ignored || m.State == sync.Held)
	if m.State.Final() {
		return nil
	}
	if aside || m.State == sync.Waiting || m.State == sync.Held || m.State == sync.Rejected || m.State == sync.Dead {
		all = append(all, "retry")
	}
	if !aside && m.Stream != sis.Terms {
		all = append(all, "hold", "skip")
	}
	return all
}

// about leads to the pages of what the message is about.
func (p *messagePage) about() {
	parts := strings.Split(p.Key, "|")
	switch {
	case p.Stream == sis.Sections:
		p.Facts = []link{{p.Key, sectionPath(p.Sync, p.Key)}}
	case p.Stream == sis.Registrations && len(parts) == 3:
		p.Facts = []link{{parts[0], sectionPath(p.Sync, parts[0])}, {parts[1], with("/messages", nil, "sync", p.Sync, "person", parts[1])}}
		p.Why = with("/why", nil, "sync", p.Sync, "section", parts[0], "person", parts[1])
	case p.Stream == sis.Persons:
		p.Facts = []link{{"all about this person", with("/messages", nil, "sync", p.Sync, "person", p.Key)}}
	}
}

func (p *messagePage) fill() {
	for _, e := range p.MessageDetail.History {
		row := eventRow{MessageEvent: e, Chip: messageChips[e.State]}
		if isJobID(e.By) {
			row.Job = jobPath(e.By)
		}
		p.History = append(p.History, row)
	}
	p.Fields = slices.DeleteFunc(p.Fields, func(f sync.Field) bool { return f.Value == "" && !f.Changed })
	for _, f := range p.Fields {
		p.Hidden = p.Hidden || f.Value == sync.Hidden
	}
	if p.Before != nil {
		p.Earlier = messagePath(p.Sync, p.Before.ID)
	}
	if p.MessageDetail.Plan != "" {
		p.Plan = planPath(sync.Plan{Sync: p.Sync, ID: p.MessageDetail.Plan})
	}
	if e := p.MessageDetail.Effect; e != nil {
		p.EffectOp, p.Effect, p.Changes = effectWord(e.Op), effectChips[e.State], fieldChanges(e.Before, e.After)
		p.Plan = with(p.Plan, url.Values{}, "person", e.Person, "section", e.Section)
	}
}

// isJobID tells the id of a job from the name of a person.
func isJobID(by string) bool {
	return len(by) == 36 && strings.Count(by, "-") == 4 && !strings.ContainsAny(by, " @.")
}

// messageWords are what a person can say about a message.
var messageWords = []word{
	{
		path: "/messages/{sync}/{message}/skip", Asks: "Skip this record?", Button: "Skip", Danger: true,
		Says:  "It is not applied, and what was written before stays as it is: until the SIS sends another message about this record, or somebody tries it again.",
		about: aboutMessage, start: sayOfMessage(false, false),
	},
	{
		path: "/messages/{sync}/{message}/hold", Asks: "Hold this record for now?", Button: "Hold",
		Says:  "It waits until somebody tries it again, or the SIS sends another message about it.",
		about: aboutMessage, start: sayOfMessage(true, false),
	},
	{
		path: "/messages/{sync}/{message}/retry", Asks: "Try this record again?", Button: "Try again",
		Says:  "What people said about it is taken back, and a plan is made of what is known now. What is unusual in it waits for approval as always.",
		about: aboutMessage, start: sayOfMessage(false, true),
	},
	{
		path: "/messages:retry/{sync}", Asks: "Try all that waits again?", Button: "Try again",
		Says: "A plan is made of all that the SIS has sent, and applied. What is unusual in it waits for approval as always.",
		about: func(s *server, r *http.Request) (topic, error) {
			name, err := s.syncOf(r.Context(), url.Values{"sync": {r.PathValue("sync")}})
			return topic{What: "Messages of " + name, Back: with("/messages", nil, "sync", name)}, err
		},
		start: func(s *server, r *http.Request, _, reason string) (job.Job, error) {
			name := r.PathValue("sync")
			return s.Campus.StartSIS(r.Context(), name, sync.SkipTask, map[string]any{"sync": name, "back": true, "reason": reason})
		},
	},
}

func aboutMessage(s *server, r *http.Request) (topic, error) {
	d, err := s.messageOf(r)
	return topic{What: recordName(d.Message), Note: d.Reason, Back: messagePath(d.Sync, d.ID)}, err
}

func sayOfMessage(hold, back bool) func(s *server, r *http.Request, _, reason string) (job.Job, error) {
	return func(s *server, r *http.Request, _, reason string) (job.Job, error) {
		name := r.PathValue("sync")
		args := map[string]any{"sync": name, "messages": []string{r.PathValue("message")}, "reason": reason}
		if hold {
			args["hold"] = true
		}
		if back {
			args["back"] = true
		}
		return s.Campus.StartSIS(r.Context(), name, sync.SkipTask, args)
	}
}
