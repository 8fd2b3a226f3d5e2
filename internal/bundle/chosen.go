package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/doctor"
	"github.com/beadle-jobs/beadle/internal/job"
)

// findings are those of the doctor, less what it quotes of others.
func findings(f doctor.Facts) []doctor.Finding {
	f.Files, f.Unknown = nil, plainAll(f.Unknown)
	f.Schedules = slices.Clone(f.Schedules)
	for i := range f.Schedules {
		f.Schedules[i].Problem = Plain(f.Schedules[i].Problem)
	}
	return doctor.Examine(f)
}

// system is what the installation runs on.
func system(s job.System) job.System {
	s.Troubles, s.Schedulers = nil, slices.Clone(s.Schedulers)
	for i := range s.Schedulers {
		s.Schedulers[i].Remark = Plain(s.Schedulers[i].Remark)
	}
	return s
}

type queue struct {
	Name    string              `json:"name"`
	Counts  map[job.State]int64 `json:"counts"`
	Oldest  *time.Time          `json:"oldest,omitempty"`
	Workers int                 `json:"workers"`
	Slots   int                 `json:"slots"`
	Used    int                 `json:"used"`
	Paused  bool                `json:"paused,omitempty"`
}

func queues(all []job.Queue) []queue {
	return each(all, func(q job.Queue) queue {
		return queue{q.Name, q.Counts, q.Oldest, len(q.Workers), q.Slots, q.Used, q.Pause != nil}
	})
}

type worker struct {
	ID          string         `json:"id"`
	Host        string         `json:"host"`
	Queues      map[string]int `json:"queues"`
	Concurrency int            `json:"concurrency"`
	Running     int            `json:"running"`
	Stuck       int            `json:"stuck,omitempty"`
	Tasks       []string       `json:"tasks"`
	Build       string         `json:"build"`
	Started     time.Time      `json:"started"`
	Seen        time.Time      `json:"seen"`
	Order       job.Order      `json:"order,omitempty"`
}

func workers(all []job.Worker) []worker {
	return each(all, func(w job.Worker) worker {
		return worker{w.ID, w.Host, w.Queues, w.Concurrency, len(w.Running), len(w.Stuck), w.Tasks, w.Build, w.Started, w.Seen, w.Order}
	})
}

type schedule struct {
	Name    string     `json:"name"`
	Task    string     `json:"task"`
	Client  string     `json:"client"`
	Zone    string     `json:"zone"`
	Enabled bool       `json:"enabled"`
	Missing bool       `json:"missing,omitempty"`
	Problem string     `json:"problem,omitempty"`
	Custom  int        `json:"customised,omitempty"` // fields
	Decided time.Time  `json:"decided"`
	Next    *time.Time `json:"next,omitempty"`
}

func schedules(all []job.Schedule) []schedule {
	return each(all, func(s job.Schedule) schedule {
		return schedule{s.Name, s.Task, s.Client, s.Zone, s.Enabled, s.Missing, Plain(s.Problem), len(s.Overrides), s.Decided, s.Next}
	})
}

type errorGroup struct {
	Fingerprint string    `json:"fingerprint"`
	Task        string    `json:"task"`
	Code        string    `json:"code"`
	Message     string    `json:"message"` // only words that every message may have
	Errors      int64     `json:"errors"`
	Jobs        int64     `json:"jobs"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

// errorList says of what it is a list: there may be more.
type errorList struct {
	Of     string       `json:"of"`
	Groups []errorGroup `json:"groups"`
}

func errorsOf(all []job.ErrorGroup) errorList {
	return errorList{fmt.Sprintf("the last %d groups", Newest), each(all, func(g job.ErrorGroup) errorGroup {
		return errorGroup{g.Fingerprint, g.Task, code(g.Code), Plain(g.Pattern), g.Errors, g.Jobs, g.First, g.Last}
	})}
}

type requests struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Count  int    `json:"count"`
	Failed int    `json:"failed,omitempty"`
}

// requestList says of what it is a list: there may be more.
type requestList struct {
	Of       string     `json:"of"`
	Requests []requests `json:"requests"`
}

// counts says how often people did what, and not who, to what or why.
func counts(all []job.AuditEntry) requestList {
	by := map[[2]string]*requests{}
	for _, e := range all {
		at := [2]string{e.Method, e.Route}
		if by[at] == nil {
			by[at] = &requests{Method: e.Method, Route: e.Route}
		}
		by[at].Count++
		if e.Answered() >= 400 {
			by[at].Failed++
		}
	}
	list := []requests{}
	for _, r := range by {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b requests) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Route, b.Route)) })
	return requestList{fmt.Sprintf("the last %d requests", Newest), list}
}

func each[T, U any](all []T, make func(T) U) []U {
	list := []U{}
	for _, one := range all {
		list = append(list, make(one))
	}
	return list
}
