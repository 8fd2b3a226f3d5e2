package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Job returns a job that is in flight or has ended within the last hour.
func (e *Engine) Job(ctx context.Context, id string) (job.Job, error) {
	rec, err := e.read(ctx, id)
	return rec.at(time.Now()), err
}

// at returns the job as it stands at that time. Nothing is written when the
// time of a scheduled job comes, but it is queued from then on.
func (r record) at(now time.Time) job.Job {
	if r.State == job.Scheduled && !r.Due.After(now) {
		r.State = job.Queued
	}
	return r.Job
}

// Jobs returns those of ids that Redis still has.
func (e *Engine) Jobs(ctx context.Context, ids []string) (map[string]job.Job, error) {
	found := make(map[string]job.Job, len(ids))
	replies := make(map[string]*redis.MapStringStringCmd, len(ids))
	_, err := e.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			if uuid.Validate(id) == nil {
				replies[id] = p.HGetAll(ctx, recordKey(id))
			}
		}
		return nil
	})
	if err != nil {
		return nil, wrap(err, "read %d jobs", len(ids))
	}
	for id, reply := range replies {
		if reply.Val()["spec"] == "" {
			continue
		}
		rec, err := parse(reply.Val())
		if err != nil {
			return nil, fmt.Errorf("read job %s: %w", id, err)
		}
		found[id] = rec.at(time.Now())
	}
	return found, nil
}

// Depths returns how many jobs of each queue stand in each state that is not
// final.
func (e *Engine) Depths(ctx context.Context) (map[string]map[job.State]int64, error) {
	counters, err := e.rdb.HGetAll(ctx, depthsKey).Result()
	if err != nil {
		return nil, wrap(err, "read the depths of queues")
	}
	depths := map[string]map[job.State]int64{}
	for field, value := range counters {
		state, queue, _ := strings.Cut(field, ":")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the depth of queue %s: %w", queue, err)
		}
		if depths[queue] == nil {
			depths[queue] = map[job.State]int64{}
		}
		depths[queue][job.State(state)] = n
	}
	return depths, nil
}
