package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

type sectionPage struct {
	frame
	sectionRow
	Sync     string
	Sentence string
	People   []registeredRow
	Messages []messageRow
	First    string // URLs; empty: nowhere to go
	Next     string
	Operates bool
	Question *question
	Begun    *begun
}

// A registeredRow is a person's place in a section, and what became of it.
type registeredRow struct {
	sync.Registered
	Chip    chip
	Message string // URL; empty: none
	Why     string // URL
}

// section serves GET /sections/{sync}/{section}: one section, who is registered in
// it, and what the SIS said of it.
func (s *server) section(w http.ResponseWriter, r *http.Request) (err error) {
	ctx, name := r.Context(), r.PathValue("sync")
	one, err := s.Campus.SISSection(ctx, name, r.PathValue("section"))
	if err != nil {
		return fmt.Errorf("read section: %w", err)
	}
	page := sectionPage{Sync: name, Operates: s.Campus.OperatesSync(ctx, name)}
	page.sectionRow = sectionRowOf(name, one, page.Operates)
	page.Sentence = capital(firstText(page.Why, "The SIS has sent it.")) // as far as anybody knows
	if page.frame, err = s.frame(ctx, firstText(one.Title, one.Key), "sections"); err != nil {
		return err
	}
	if page.Begun, err = s.begun(r); err != nil {
		return err
	}
	if err := page.fill(ctx, s, r.URL.Query().Get("after")); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "section", page)
}

func (p *sectionPage) fill(ctx context.Context, s *server, after string) error {
	people, err := s.Campus.SISRegistered(ctx, p.Sync, p.Key, after, perPage+1)
	if err != nil {
		return fmt.Errorf("list registrations: %w", err)
	}
	said, err := s.Campus.SISMessages(ctx, sync.MessageFilter{Sync: p.Sync, Stream: sis.Sections, Record: p.Key, Limit: latestChange})
	if err != nil {
		return fmt.Errorf("list messages of a section: %w", err)
	}
	for _, m := range said {
		p.Messages = append(p.Messages, messageRowOf(m))
	}
	if p.Question, err = p.asks(ctx, s); err != nil {
		return err
	}
	p.list(people, after)
	return nil
}

// asks returns what is asked about the section alone, if it may be one that is gone.
func (p *sectionPage) asks(ctx context.Context, s *server) (*question, error) {
	if p.State != sync.SectionSuspected {
		return nil, nil
	}
	rekeys, err := s.Campus.SISRekeys(ctx, p.Sync)
	if err != nil {
		return nil, fmt.Errorf("list changed ids: %w", err)
	}
	for _, k := range rekeys {
		if k.Stream == sis.Sections && k.New == p.Key && k.State == sync.RekeySuspected {
			return new(questionAbout(p.Sync, k, p.Operates)), nil
		}
	}
	return nil, nil
}

func (p *sectionPage) list(people []sync.Registered, after string) {
	if after != "" {
		p.First = p.URL
	}
	if len(people) > perPage {
		people = people[:perPage]
		p.Next = with(p.URL, nil, "after", sync.RegistrationKey(people[perPage-1].Registration))
	}
	for _, one := range people {
		row := registeredRow{Registered: one, Chip: messageChips[one.State], Why: with("/why", nil, "sync", p.Sync, "section", one.Section, "person", one.Person)}
		if one.Message == "" {
			row.Chip = chip{"No message kept", "clock", "aborted"} // it is purged: nothing is open
		}
		if one.Gone {
			row.Chip = chip{"Ended", "aborted", "aborted"}
		}
		if one.Message != "" {
			row.Message = messagePath(p.Sync, one.Message)
		}
		p.People = append(p.People, row)
	}
}

// sectionWords are what a person can say about a section.
var sectionWords = []word{
	{
		path: "/sections/{sync}/{section}/link", Asks: "Link this section to a course?", Button: "Link", Wants: "The course: its id number, short name or id in the LMS",
		Says:  "A plan is made at once of everybody who waits for it. What is unusual in it waits for approval as always.",
		about: aboutSection,
		start: func(s *server, r *http.Request, course, reason string) (job.Job, error) {
			name := r.PathValue("sync")
			return s.Campus.StartSIS(r.Context(), name, sync.LinkTask, map[string]string{"sync": name, "section": r.PathValue("section"), "course": course, "reason": reason})
		},
	},
	{
		path: "/sections/{sync}/{section}/unlink", Asks: "Take this section from its course?", Button: "Unlink", Danger: true,
		Says:  "Who is enrolled stays where they are, and nobody more is added. No run links it again; a person can.",
		about: aboutSection,
		start: func(s *server, r *http.Request, _, reason string) (job.Job, error) {
			name := r.PathValue("sync")
			return s.Campus.StartSIS(r.Context(), name, sync.UnlinkTask, map[string]string{"sync": name, "section": r.PathValue("section"), "reason": reason})
		},
	},
}

// aboutSection says which section it is, and how many people are registered in it.
func aboutSection(s *server, r *http.Request) (topic, error) {
	ctx, name := r.Context(), r.PathValue("sync")
	one, err := s.Campus.SISSection(ctx, name, r.PathValue("section"))
	if err != nil {
		return topic{}, fmt.Errorf("read section: %w", err)
	}
	people, err := s.Campus.SISRegistered(ctx, name, one.Key, "", mostCounted)
	if err != nil {
		return topic{}, fmt.Errorf("count registrations: %w", err)
	}
	note := registeredWords(people)
	if one.Link != nil && one.Link.Linked {
		note += " It is linked to " + firstText(one.Link.Shortname, one.Link.Course) + "."
	}
	return topic{What: strings.TrimSpace(one.Title + " (" + one.Key + ")"), Note: note, Back: sectionPath(name, one.Key)}, nil
}

const mostCounted = 500 // registrations

func registeredWords(people []sync.Registered) string {
	var active, waits int64
	for _, one := range people {
		if !one.Gone {
			active++
		}
		if !one.Gone && one.State == sync.Waiting {
			waits++
		}
	}
	if active == 0 {
		return "Nobody is registered in it."
	}
	more := either(len(people) == mostCounted, "At least ", "")
	return more + counted(active, "registration is", "registrations are") + " in force, " + number(waits) + either(waits == 1, " waits.", " wait.")
}
