package api

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// TaskLedger is the tasks that workers have announced, also those that none
// announces any more.
type TaskLedger interface {
	Tasks(ctx context.Context) ([]job.Declaration, error)
}

// secretsKnown is how long it is taken for true which arguments are secret.
const secretsKnown = 2 * time.Second

// A keeper knows which arguments of each task are secret. Of a task that it
// cannot find, all of them are.
type keeper struct {
	engine Engine
	ledger TaskLedger

	mu   sync.Mutex
	read time.Time
	all  map[string]job.Secrets
}

// of returns the secrets of a task.
func (k *keeper) of(ctx context.Context, task string) job.Secrets { return k.tasks(ctx)[task] }

// tasks returns the secrets of all tasks by name; nil if they were never read.
func (k *keeper) tasks(ctx context.Context) map[string]job.Secrets {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.read) < secretsKnown {
		return k.all
	}
	past, ledgerErr := k.ledger.Tasks(ctx)
	now, engineErr := k.engine.Tasks(ctx)
	if ledgerErr != nil && engineErr != nil {
		return k.all
	}
	all := make(map[string]job.Secrets, len(past)+len(now))
	for _, t := range slices.Concat(past, now) {
		all[t.Name] = job.SecretsOf(t.Schema)
	}
	k.all, k.read = all, time.Now()
	return all
}

// SecretNames returns the names of the arguments that tasks mark as secret; not
// ok if the tasks are not known. It is for an [Auditor].
func (a *API) SecretNames(ctx context.Context) (names map[string]bool, ok bool) {
	all := a.gate.keeper.tasks(ctx)
	names = map[string]bool{}
	for _, secrets := range all {
		for _, name := range secrets.Names() {
			names[name] = true
		}
	}
	return names, all != nil
}

// readsSecrets reports whether whoever acts may see the secrets of jobs of that client
// and task.
func readsSecrets(ctx context.Context, client, task string) bool {
	return auth.Of(ctx).May(auth.Administer, firstOf(client, job.DefaultClient), task)
}

// args returns arguments as whoever acts may see them.
func (g gate) args(ctx context.Context, client, task string, args json.RawMessage) json.RawMessage {
	if readsSecrets(ctx, client, task) {
		return args
	}
	return g.keeper.of(ctx, task).Masked(args)
}

// restored returns arguments with the secrets of kept where whoever acts was
// shown none. One that is left without a value is refused.
func (g gate) restored(ctx context.Context, task string, args, kept json.RawMessage) (json.RawMessage, error) {
	secrets := g.keeper.of(ctx, task)
	if !strings.Contains(string(args), job.Mask) && !strings.Contains(string(args), `\u2022`) {
		return args, nil
	}
	args = secrets.Restored(args, kept)
	if name := secrets.MaskIn(args); name != "" {
		return args, fault.New(fault.Invalid, "Argument %s is secret, and %s only stands for it; write its value.", name, job.Mask).In("args")
	}
	return args, nil
}

// bared returns a schedule as whoever acts may see it.
func (g gate) bared(ctx context.Context, s job.Schedule) job.Schedule {
	if readsSecrets(ctx, s.Client, s.Task) {
		return s
	}
	secrets := g.keeper.of(ctx, s.Task)
	s.Args, s.Base.Args = secrets.Masked(s.Args), secrets.Masked(s.Base.Args)
	s.Overrides = slices.Clone(s.Overrides)
	for i, o := range s.Overrides {
		if o.Field == "args" {
			s.Overrides[i].Value, s.Overrides[i].Default = secrets.Masked(o.Value), secrets.Masked(o.Default)
		}
	}
	return s
}

// baredChanges returns changes of a schedule as whoever acts may see them.
func (g gate) baredChanges(ctx context.Context, s job.Schedule, all []job.Change) []job.Change {
	if readsSecrets(ctx, s.Client, s.Task) {
		return all
	}
	secrets := g.keeper.of(ctx, s.Task)
	all = slices.Clone(all)
	for i, c := range all {
		all[i].Old, all[i].New = baredField(secrets, c.Field, c.Old), baredField(secrets, c.Field, c.New)
	}
	return all
}

// baredField masks the value of a field, or the arguments in that of a whole
// rule.
func baredField(secrets job.Secrets, field string, value json.RawMessage) json.RawMessage {
	if field == "args" {
		return secrets.Masked(value)
	}
	var rule map[string]json.RawMessage
	if json.Unmarshal(value, &rule) != nil || rule["args"] == nil {
		return value
	}
	rule["args"] = secrets.Masked(rule["args"])
	raw, err := json.Marshal(rule)
	if err != nil {
		return nil
	}
	return raw
}

// edit returns e with the secrets that it leaves as they are.
func (g gate) edit(ctx context.Context, s job.Schedule, e job.Edit) (job.Edit, error) {
	args, ok := e.Set["args"]
	if !ok {
		return e, nil
	}
	args, err := g.restored(ctx, s.Task, args, argsIn(s, e.Layer))
	if err != nil {
		return e, err
	}
	set := maps.Clone(e.Set)
	set["args"] = args
	e.Set = set
	return e, nil
}

// argsIn returns the arguments that are set in a layer, or else those that hold.
func argsIn(s job.Schedule, layer job.Layer) json.RawMessage {
	for _, o := range s.Overrides {
		if o.Field == "args" && o.Layer == layer {
			return o.Value
		}
	}
	return s.Args
}

// mayCompare refuses a filter by an argument that is secret, from those who may
// not see it: they could try values until a job is found.
func (g gate) mayCompare(ctx context.Context, f job.Filter) error {
	if len(f.Payload) == 0 || auth.Of(ctx).Everywhere(auth.Administer) {
		return nil
	}
	all := g.keeper.tasks(ctx)
	for _, c := range f.Payload {
		if all == nil || f.Task != "" && !strings.HasSuffix(f.Task, "*") && !has(all, f.Task) {
			return notCompared(c)
		}
		for task, secrets := range all {
			if (job.Reach{Tasks: f.Task}).Fits("", task, "") && !auth.Of(ctx).May(auth.Administer, f.Client, task) && secrets.Hold(c.Steps()) {
				return notCompared(c)
			}
		}
	}
	return nil
}

func has(all map[string]job.Secrets, task string) bool {
	_, ok := all[task]
	return ok
}

func notCompared(c job.Content) error {
	return fault.New(fault.Denied, "The argument %s is secret, or nobody can tell that it is not; a filter by it needs the right to administer what it looks through. Name the task, and the client.", c.Path).In("q")
}
