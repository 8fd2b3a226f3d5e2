package web

import (
	"net/http"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

type whyPage struct {
	frame
	Syncs   []string // to choose from; none if there is only one
	Sync    string
	Person  string
	Section string
	Asked   bool
	Mistake string
	Answer  sync.Answer
	Chip    chip
	Next    []link // what to do
}

// why serves GET /why: why a person is, or is not, in the course of a section.
func (s *server) why(w http.ResponseWriter, r *http.Request) (err error) {
	q := r.URL.Query()
	page := whyPage{Person: strings.TrimSpace(q.Get("person")), Section: strings.TrimSpace(q.Get("section")), Syncs: s.syncs(r.Context())}
	if page.Sync, err = s.syncOf(r.Context(), q); err != nil {
		return err
	}
	if page.frame, err = s.frame(r.Context(), "Why is this student not in the course?", "messages"); err != nil {
		return err
	}
	if page.Sync != "" && page.Person+page.Section != "" {
		err = page.answer(s, r)
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "why", page)
}

// answer asks. What was asked in a way that makes no sense is said beside the form.
func (p *whyPage) answer(s *server, r *http.Request) (err error) {
	switch {
	case p.Person == "":
		p.Mistake = "Say which person: the id in the SIS, or part of the username."
		return nil
	case p.Section == "":
		p.Mistake = "Say which section: the id in the SIS, or the class code."
		return nil
	}
	if p.Answer, err = s.Campus.Why(r.Context(), p.Sync, p.Person, p.Section); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			p.Mistake, err = fault.Message(err), nil
		}
		return err
	}
	p.Asked, p.Chip = true, chip{"Not in the course", "failed", "failed"}
	if p.Answer.In {
		p.Chip = chip{"In the course", "check", "succeeded"}
	}
	p.Next = nextSteps(p.Sync, p.Answer, s.Campus.OperatesSync(r.Context(), p.Sync))
	return nil
}

// nextSteps are the pages on which something can be done, or read, by those who
// may.
func nextSteps(name string, a sync.Answer, operates bool) (all []link) {
	switch code, about := a.Code, lastFact(a); {
	case code == "SECTION_UNLINKED", code == "COURSE_GONE", code == "ID_AMBIGUOUS" && about == "Link":
		one := link{"See the section", sectionPath(name, a.Section)}
		if operates {
			one = link{"Link the section", one.URL + "/link"}
		}
		all = append(all, one)
	case code == "REKEY_SUSPECTED" && about == "Section":
		all = append(all, link{"Say whether it is the same section", sectionPath(name, a.Section)})
	case code == "REKEY_SUSPECTED":
		all = append(all, link{"Say whether it is the same person", with("/sections", nil, "sync", name)})
	case code == "TERM_NOT_SELECTED":
		all = append(all, link{"Choose the term", with("/terms", nil, "sync", name)})
	}
	if a.Plan != "" {
		all = append(all, link{"See the plan", with(planPath(sync.Plan{Sync: name, ID: a.Plan}), nil, "person", a.Person)})
	}
	if a.Message != "" {
		all = append(all, link{"See the message", messagePath(name, a.Message)})
	}
	if len(all) == 0 && a.Person != "" {
		all = append(all, link{"See all messages about the person", with("/messages", nil, "sync", name, "person", a.Person)})
	}
	return all
}

// lastFact is what stands in the way is about.
func lastFact(a sync.Answer) string {
	if len(a.Chain) == 0 {
		return ""
	}
	return a.Chain[len(a.Chain)-1].About
}
