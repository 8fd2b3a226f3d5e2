package api

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Holds returns all holds by name.
func (k Keeping) Holds(ctx context.Context) ([]job.Hold, error) { return k.Ledger.Holds(ctx) }

// PutHold sets a hold, or changes the one of that name. It returns the one that
// it replaces, if there was one, and itself as it is recorded.
func (k Keeping) PutHold(ctx context.Context, h job.Hold) (before *job.Hold, after job.Hold, err error) {
	if err := mayAdminister(ctx); err != nil {
		return nil, h, err
	}
	if err := k.checkHold(ctx, &h); err != nil {
		return nil, h, err
	}
	old, err := k.Ledger.Hold(ctx, h.Name)
	if err == nil {
		before = &old
	} else if fault.KindOf(err) != fault.NotFound {
		return nil, h, err
	}
	h.By, h.Since = actor(ctx), k.Now()
	if err := k.Ledger.PutHold(ctx, h); err != nil {
		return nil, h, err
	}
	noteChange(ctx, before, h)
	return before, h, nil
}

// LiftHold takes a hold away, and returns it.
func (k Keeping) LiftHold(ctx context.Context, name, reason string) (job.Hold, error) {
	if err := mayAdminister(ctx); err != nil {
		return job.Hold{}, err
	}
	if err := reasoned(reason); err != nil {
		return job.Hold{}, err
	}
	h, err := k.Ledger.Hold(ctx, name)
	if err != nil {
		return h, err
	}
	if err := k.Ledger.LiftHold(ctx, name); err != nil {
		return h, err
	}
	noteChange(ctx, h, nil)
	return h, nil
}

// Hold returns one hold.
func (k Keeping) Hold(ctx context.Context, name string) (job.Hold, error) {
	return k.Ledger.Hold(ctx, name)
}

// holdName becomes part of a URL.
var holdName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// checkHold refuses holds on things that do not exist: somebody relies on them.
func (k Keeping) checkHold(ctx context.Context, h *job.Hold) error {
	h.Of = strings.TrimSpace(h.Of)
	switch {
	case !holdName.MatchString(h.Name):
		return fault.New(fault.Invalid, "Field name must be 1 to 64 lower case letters, digits and hyphens, such as audit-2026; not %q.", h.Name).In("name")
	case !slices.Contains(job.HoldKinds, h.On):
		return fault.New(fault.Invalid, "Field on must be one of %s, not %q.", strings.Join(job.HoldKinds, ", "), h.On).In("on")
	case h.Of == "" || len(h.Of) > maxTaskName:
		return fault.New(fault.Invalid, "Field of must name the %s that is held.", h.On).In("of")
	}
	if err := reasoned(h.Reason); err != nil {
		return err
	}
	return k.exists(ctx, h)
}

// exists refuses a client or a job that nobody knows. Tasks and owners may yet
// come. Of a job it makes its lineage.
func (k Keeping) exists(ctx context.Context, h *job.Hold) error {
	switch h.On {
	case job.HoldClient:
		return k.knowsClient(ctx, h.Of, "of")
	case job.HoldTask:
		if !taskPattern.MatchString(h.Of) {
			return fault.New(fault.Invalid, "Field of must be a task, or those that begin so, such as sis.*; %q is neither.", h.Of).In("of")
		}
	case job.HoldJob:
		j, err := k.Ledger.Job(ctx, h.Of)
		if fault.KindOf(err) == fault.NotFound {
			return fault.New(fault.Invalid, "There is no job %s.", h.Of).In("of")
		}
		if err != nil {
			return err
		}
		*h = h.Upon(j)
	}
	return nil
}
