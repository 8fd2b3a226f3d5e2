package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Bounds of profiles.
const (
	maxProfiled   = 8                // workers that are asked at a time
	maxProfile    = 8 << 20          // bytes of what one answers
	profileMargin = 10 * time.Second // how much longer than it takes an answer is waited for
	profileTTL    = 2 * time.Minute  // how long an answer is kept that nobody takes, and who has been asked
	askAgain      = 2 * time.Second
)

// askTopic is the channel of profiles that are asked for.
const askTopic = prefix + "profiles"

func profileKey(id string) string { return prefix + "profile:" + id }

// A Profiler takes a profile of what a task's jobs do in this process for that
// long, as bytes. Its errors are refusals with a sentence.
type Profiler func(ctx context.Context, task string, d time.Duration) ([]byte, error)

// A profileAsk asks some workers for a profile.
type profileAsk struct {
	ID      string        `json:"id"`
	Workers []string      `json:"workers"` // ids
	Task    string        `json:"task"`
	For     time.Duration `json:"for"`
}

// Profile has workers take a profile of what the jobs of a task do for that
// long, and returns what each has seen: the worker of that id or name, or if it
// is empty, those that run such a job now, and of many the first eight. A worker
// that takes another profile meanwhile is a [fault.Conflict], unless others
// answer.
func (e *Engine) Profile(ctx context.Context, task, worker string, d time.Duration) ([][]byte, error) {
	workers, err := e.profiled(ctx, task, worker)
	if err != nil {
		return nil, err
	}
	return e.profiles(ctx, profileAsk{ID: uuid.NewString(), Workers: workers, Task: task, For: d})
}

// profiled are the ids of the workers that are to be asked.
func (e *Engine) profiled(ctx context.Context, task, worker string) (ids []string, err error) {
	all, err := e.Workers(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		runs := w.ID == worker || w.Name == worker
		if worker == "" {
			if runs, err = e.runs(ctx, w, task); err != nil {
				return nil, err
			}
		}
		if runs && len(ids) < maxProfiled {
			ids = append(ids, w.ID)
		}
	}
	switch {
	case len(ids) > 0:
		return ids, nil
	case worker != "":
		return nil, fault.New(fault.NotFound, "There is no worker %s; jobctl workers lists them.", worker).In("worker")
	}
	return nil, fault.New(fault.Conflict, "No worker runs a job of %s now; name the worker that will, or ask again when one runs.", task)
}

// runs reports whether a worker runs a job of the task.
func (e *Engine) runs(ctx context.Context, w job.Worker, task string) (bool, error) {
	if !slices.Contains(w.Tasks, task) {
		return false, nil
	}
	running, err := e.Jobs(ctx, w.Running)
	for _, j := range running {
		if j.Task == task {
			return true, err
		}
	}
	return false, err
}

// profiles waits for the answers. It asks again every two seconds: what is
// published reaches who listens at that moment.
func (e *Engine) profiles(ctx context.Context, ask profileAsk) (all [][]byte, err error) {
	refused := fault.New(fault.Unavailable, "No worker answered in time; is it still there?")
	deadline := time.Now().Add(ask.For + profileMargin)
	for missing := len(ask.Workers); missing > 0 && time.Now().Before(deadline); {
		if err := e.rdb.Publish(ctx, askTopic, encode(ask)).Err(); err != nil {
			return nil, wrap(err, "ask for a profile of %s", ask.Task)
		}
		answer, err := e.rdb.BLPop(ctx, askAgain, profileKey(ask.ID)).Result()
		switch {
		case errors.Is(err, redis.Nil):
			continue
		case err != nil:
			return nil, wrap(err, "wait for a profile of %s", ask.Task)
		case answer[1][0] == profileTaken:
			all = append(all, []byte(answer[1][1:]))
		default:
			refused = fault.New(fault.Conflict, "%s", answer[1][1:])
		}
		missing--
	}
	if len(all) == 0 {
		return nil, refused
	}
	return all, nil
}

// What an answer begins with.
const (
	profileTaken   = '+' // the profile follows
	profileRefused = '-' // a sentence follows
)

// hearAsk answers if this worker is asked for a profile.
func (w *Worker) hearAsk(ctx context.Context, payload string) {
	var ask profileAsk
	if json.Unmarshal([]byte(payload), &ask) != nil || !slices.Contains(ask.Workers, w.sessionID()) {
		return
	}
	go func() {
		if err := w.answer(ctx, ask); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "profile not handed over", "task", ask.Task, "err", err)
		}
	}()
}

// answer takes a profile and hands it over, unless it was asked before.
func (w *Worker) answer(ctx context.Context, ask profileAsk) error {
	rdb, key := w.engine.rdb, profileKey(ask.ID)
	fresh, err := rdb.SetNX(ctx, key+":"+w.sessionID(), "", profileTTL).Result()
	if err != nil || !fresh {
		return err
	}
	raw := w.profile(ctx, ask)
	_, err = rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, key, raw)
		p.Expire(ctx, key, profileTTL)
		return nil
	})
	return err
}

// profile takes a profile, or says why not.
func (w *Worker) profile(ctx context.Context, ask profileAsk) []byte {
	refuse := func(sentence string) []byte { return append([]byte{profileRefused}, sentence...) }
	if w.options.Profiler == nil {
		return refuse("Worker " + w.options.Name + " takes no profiles.")
	}
	w.log.InfoContext(ctx, "taking a profile", "task", ask.Task, "for", ask.For)
	raw, err := w.options.Profiler(ctx, ask.Task, min(ask.For, job.MaxProfile))
	switch {
	case err != nil:
		return refuse("Worker " + w.options.Name + ": " + shown(err))
	case len(raw) > maxProfile:
		return refuse("The profile of worker " + w.options.Name + " is longer than 8 MiB; take one of fewer seconds.")
	}
	return append([]byte{profileTaken}, raw...)
}
