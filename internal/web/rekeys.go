package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A question is asked of people: whether new records are old ones under new ids.
// All of a term are one question.
type question struct {
	Stream sis.Stream
	Term   string
	New    string // the one record that is meant; empty: all of the stream and term
	Count  int64
	keys   []string // all the new ids
	Sample []sync.Rekey
	Same   string // URLs of the answers
	Other  string
	Mine   bool // whoever looks may answer
}

const sampledRekeys = 3

// questions are what is asked about a sync, one for each stream and term.
func questions(name string, rekeys []sync.Rekey, mine bool) (all []question) {
	for _, k := range rekeys {
		if k.State != sync.RekeySuspected {
			continue
		}
		i := slices.IndexFunc(all, func(q question) bool { return q.Stream == k.Stream && q.Term == k.Term })
		if i < 0 {
			q := question{Stream: k.Stream, Term: k.Term, Mine: mine}
			q.Same, q.Other = answerPath(name, "same", q), answerPath(name, "other", q)
			all, i = append(all, q), len(all)
		}
		all[i].keys = append(all[i].keys, k.New)
		if all[i].Count++; len(all[i].Sample) < sampledRekeys {
			all[i].Sample = append(all[i].Sample, k)
		}
	}
	return all
}

// questionAbout is what is asked about one record.
func questionAbout(name string, k sync.Rekey, mine bool) question {
	q := question{Stream: k.Stream, Term: k.Term, New: k.New, Count: 1, keys: []string{k.New}, Sample: []sync.Rekey{k}, Mine: mine}
	q.Same, q.Other = answerPath(name, "same", q), answerPath(name, "other", q)
	return q
}

func answerPath(name, answer string, q question) string {
	return with("/sections:rekey/"+url.PathEscape(name)+"/"+url.PathEscape(string(q.Stream))+"/"+answer, nil, "term", q.Term, "new", q.New)
}

// Rest is how many records the sample leaves out.
func (q question) Rest() int64 { return q.Count - int64(len(q.Sample)) }

// rekeyWords are the answers.
var rekeyWords = []word{
	{
		path: "/sections:rekey/{sync}/{stream}/same", Asks: "Are these the same, under new ids?", Button: "They are the same",
		Says:  "Sections go on with their courses and everybody in them; accounts go over to the people. A plan is made at once.",
		about: aboutRekeys, start: judgeRekeys(false),
	},
	{
		path: "/sections:rekey/{sync}/{stream}/other", Asks: "Are these others?", Button: "They are others", Danger: true,
		Says:  "They are new: sections get courses and people get accounts of their own, and those that are gone from the SIS stay gone.",
		about: aboutRekeys, start: judgeRekeys(true),
	},
}

func aboutRekeys(s *server, r *http.Request) (topic, error) {
	name := r.PathValue("sync")
	asked, err := s.questionOf(r)
	if err != nil {
		return topic{}, err
	}
	var old []string
	for _, k := range asked.Sample {
		old = append(old, k.Old+" → "+k.New)
	}
	what := counted(asked.Count, strings.TrimSuffix(string(asked.Stream), "s"), string(asked.Stream)) + ": " + strings.Join(old, ", ")
	if asked.Rest() > 0 {
		what += " and " + number(asked.Rest()) + " more"
	}
	back := with("/sections", nil, "sync", name)
	if asked.New != "" && asked.Stream == sis.Sections {
		back = sectionPath(name, asked.New)
	}
	return topic{What: what, Note: asked.Sample[0].Reason, Back: back}, nil
}

// questionOf is the question that a URL is about, if it is still asked.
func (s *server) questionOf(r *http.Request) (question, error) {
	name, q := r.PathValue("sync"), r.URL.Query()
	rekeys, err := s.Campus.SISRekeys(r.Context(), name)
	if err != nil {
		return question{}, err
	}
	for _, k := range rekeys {
		if q.Get("new") != "" && k.New == q.Get("new") && string(k.Stream) == r.PathValue("stream") && k.State == sync.RekeySuspected {
			return questionAbout(name, k, true), nil
		}
	}
	for _, one := range questions(name, rekeys, true) {
		if q.Get("new") == "" && string(one.Stream) == r.PathValue("stream") && one.Term == q.Get("term") {
			return one, nil
		}
	}
	return question{}, fault.New(fault.NotFound, "Sync %s does not ask about such records any more.", name)
}

func judgeRekeys(refuse bool) func(s *server, r *http.Request, _, _ string) (job.Job, error) {
	return func(s *server, r *http.Request, _, _ string) (job.Job, error) {
		asked, err := s.questionOf(r)
		if err != nil {
			return job.Job{}, err
		}
		name := r.PathValue("sync")
		args := map[string]any{"sync": name, "stream": asked.Stream, "term": asked.Term}
		if asked.New != "" || asked.Term == "" { // without a term, those of every term would be meant
			args["new"] = asked.keys
		}
		if refuse {
			args["refuse"] = true
		}
		return s.Campus.StartSIS(r.Context(), name, sync.RekeyTask, args)
	}
}
