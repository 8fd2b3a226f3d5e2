package roster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// TermArgs are a person's word on whether a term is synced.
type TermArgs struct {
	Sync   string `json:"sync" doc:"the name of the sync"`
	Term   string `json:"term" doc:"the term's id in the SIS"`
	Drop   bool   `json:"drop,omitempty" doc:"take the term out; nobody is unenrolled by that"`
	Reason string `json:"reason,omitempty" doc:"why, for whoever wonders later"`
}

// Validate implements [tasks.Validator].
func (a TermArgs) Validate() error { return named("sync", a.Sync, "term", a.Term) }

// RekeyArgs are a person's word on records that look like others that are gone.
type RekeyArgs struct {
	Sync   string     `json:"sync" doc:"the name of the sync"`
	Stream sis.Stream `json:"stream" doc:"sections or persons"`
	Term   string     `json:"term,omitempty" doc:"only sections of this term; empty: of all"`
	New    []string   `json:"new,omitempty" doc:"the new ids that are meant; none: all that are asked about"`
	Refuse bool       `json:"refuse,omitempty" doc:"they are others: go on as with new records"`
}

// Validate implements [tasks.Validator].
func (a RekeyArgs) Validate() error {
	if a.Stream != sis.Sections && a.Stream != sis.Persons {
		return errors.New("argument stream must be sections or persons")
	}
	return named("sync", a.Sync)
}

// chooseTerm keeps a person's word on a term, and makes a plan of it.
func (r *roster) chooseTerm() tasks.Task {
	return tasks.Spec[TermArgs]{
		Name:     ChooseTerm,
		Summary:  "Choose a term to be synced, or take it out.",
		Attempts: attempts, Backoff: backoff,
		Writes: func(a TermArgs) []string { return resource(a.Sync) },
		Run: func(ctx context.Context, job *tasks.Job[TermArgs]) error {
			a := job.Args
			if err := r.knows(ctx, job.Client, a.Sync, sis.Terms, a.Term); err != nil {
				return err
			}
			choice := sync.TermChoice{Term: a.Term, Chosen: !a.Drop, Reason: a.Reason, By: job.ID, Changed: time.Now().UTC()}
			if err := r.Store.ChooseSISTerm(ctx, a.Sync, choice); err != nil {
				return err
			}
			job.Log.Info("term chosen", "term", a.Term, "synced", choice.Chosen)
			return wake(ctx, job, a.Sync)
		},
	}
}

// rekey keeps a person's word on records that look like one under two ids. A
// section that is another's goes on with its course; a person that is another's
// gets the account with the next plan.
func (r *roster) rekey() tasks.Task {
	return tasks.Spec[RekeyArgs]{
		Name:     Rekey,
		Summary:  "Say whether new sections or people are old ones whose ids have changed in the SIS.",
		Attempts: attempts, Backoff: backoff,
		Writes: func(a RekeyArgs) []string { return resource(a.Sync) },
		Run: func(ctx context.Context, job *tasks.Job[RekeyArgs]) error {
			a := job.Args
			if _, err := r.sync(a.Sync, job.Client); err != nil {
				return err
			}
			campus, err := r.Store.SISCampus(ctx, a.Sync)
			if err != nil {
				return err
			}
			answered, links := sync.AnswerRekeys(a.asks(campus.Rekeys), campus.Links, !a.Refuse, job.ID, time.Now().UTC())
			if len(answered) == 0 {
				return tasks.Permanent(fault.New(fault.NotFound, "Sync %s does not ask about such %s.", a.Sync, a.Stream))
			}
			if err := r.Store.PutSISLinks(ctx, a.Sync, links); err != nil {
				return err
			}
			if err := r.Store.PutSISRekeys(ctx, a.Sync, answered); err != nil {
				return err
			}
			job.Log.Info("ids judged", "stream", a.Stream, "records", len(answered), "same", !a.Refuse)
			return wake(ctx, job, a.Sync)
		},
	}
}

// asks returns what of the open questions the arguments answer.
func (a RekeyArgs) asks(all []sync.Rekey) (asked []sync.Rekey) {
	for _, k := range all {
		if k.Stream == a.Stream && k.State == sync.RekeySuspected && (a.Term == "" || k.Term == a.Term) && (len(a.New) == 0 || slices.Contains(a.New, k.New)) {
			asked = append(asked, k)
		}
	}
	return asked
}

// knows refuses a record that the SIS has not sent.
func (r *roster) knows(ctx context.Context, client, name string, stream sis.Stream, key string) error {
	if _, err := r.sync(name, client); err != nil {
		return err
	}
	rows, err := r.Store.SISRows(ctx, name, stream)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(rows, func(row sync.Row) bool { return row.Key == key }) {
		one := strings.TrimSuffix(string(stream), "s")
		return tasks.Permanent(fault.New(fault.NotFound, "The SIS has sent no %s %q for sync %s.", one, key, name).In(one))
	}
	return nil
}
