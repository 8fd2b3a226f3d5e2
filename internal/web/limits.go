package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Limits is what the pages read of limits, and change.
type Limits interface {
	Limits(ctx context.Context) ([]job.Limit, error)

	// Set makes a new limit of operators, or another maximum.
	Set(ctx context.Context, l job.Limit) (job.Limit, error)

	// Remove removes a limit that operators have set.
	Remove(ctx context.Context, task, client string) (job.Limit, error)
}

// A limitList is the part of a page that shows limits with their use.
type limitList struct {
	Limits   []limitRow
	MayLimit bool // whoever looks may make one
}

// A limitRow is one limit.
type limitRow struct {
	job.Limit
	Edit string // where it can be changed; empty: not here, or not by whoever looks
}

func (s *server) limitList(ctx context.Context) (list limitList, err error) {
	all, err := s.Limits.Limits(ctx)
	if err != nil {
		return list, fmt.Errorf("list limits: %w", err)
	}
	who := auth.Of(ctx)
	list.MayLimit = auth.NeedOperate.Met(who)
	for _, l := range all {
		row := limitRow{Limit: l}
		if l.From != "task" && list.MayLimit && who.May(auth.Operate, unless(l.Client, "*"), l.Task) {
			row.Edit = "/limits/edit?" + url.Values{"task": {l.Task}, "client": {l.Client}}.Encode()
		}
		list.Limits = append(list.Limits, row)
	}
	return list, nil
}

type limitPage struct {
	frame
	Limit job.Limit
	Known bool   // it is there, and is to be changed
	Scope string // what it is on
}

// editLimit serves GET /limits/edit: the form of a limit, or of a new one.
func (s *server) editLimit(w http.ResponseWriter, r *http.Request) error {
	frame, err := s.frame(r.Context(), "Limit", "queues")
	if err != nil {
		return err
	}
	page := limitPage{frame: frame, Limit: job.Limit{Task: r.URL.Query().Get("task"), Client: r.URL.Query().Get("client")}}
	if page.Limit.Task != "" || page.Limit.Client != "" {
		if page.Limit, err = s.limitOf(r.Context(), page.Limit.Task, page.Limit.Client); err != nil {
			return err
		}
		page.Known, page.Scope = true, limitScope(page.Limit)
	}
	return s.render(w, r, http.StatusOK, "limit-edit", page)
}

// limitOf returns the limit that operators have set on a task and a client.
func (s *server) limitOf(ctx context.Context, task, client string) (job.Limit, error) {
	all, err := s.Limits.Limits(ctx)
	if err != nil {
		return job.Limit{}, fmt.Errorf("list limits: %w", err)
	}
	i := slices.IndexFunc(all, func(l job.Limit) bool { return l.From != "task" && l.Task == task && l.Client == client })
	if i < 0 {
		return job.Limit{}, fault.New(fault.NotFound, "No operator has set a limit of that task and client.")
	}
	return all[i], nil
}

// limitScope says what a limit is on.
func limitScope(l job.Limit) string {
	whose := "client " + l.Client
	switch l.Client {
	case "":
		whose = "all clients together"
	case "*":
		whose = "each client"
	}
	if l.Task == "" {
		return "All tasks of " + whose
	}
	return l.Task + ", " + whose
}

// saveLimit serves POST /limits/edit.
func (s *server) saveLimit(w http.ResponseWriter, r *http.Request) error {
	most, err := strconv.Atoi(r.PostFormValue("max"))
	if err != nil {
		return fault.New(fault.Invalid, "“%s” is not a number of jobs.", r.PostFormValue("max")).In("max")
	}
	if _, err := s.Limits.Set(r.Context(), job.Limit{Task: r.PostFormValue("task"), Client: r.PostFormValue("client"), Max: most}); err != nil {
		return fmt.Errorf("set limit: %w", err)
	}
	http.Redirect(w, r, "/queues#limits", http.StatusSeeOther)
	return nil
}

// removeLimit serves POST /limits/remove.
func (s *server) removeLimit(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Limits.Remove(r.Context(), r.PostFormValue("task"), r.PostFormValue("client")); err != nil {
		return fmt.Errorf("remove limit: %w", err)
	}
	http.Redirect(w, r, "/queues#limits", http.StatusSeeOther)
	return nil
}
