package lock

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// declared begins the scopes of limits that a task's code declares. An
// operator's limit of the same scope takes their place.
const declared = "declared:"

// Limits returns all limits that are in force, with how many jobs run and wait
// under each. One "of each client" shows the busiest client.
func (l *Locks) Limits(ctx context.Context) ([]job.Limit, error) {
	var limits, use, waiters *redis.MapStringStringCmd
	_, err := l.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		limits, use, waiters = p.HGetAll(ctx, prefix+"limits"), p.HGetAll(ctx, prefix+"use"), p.HGetAll(ctx, prefix+"waiters")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read limits: %w", err)
	}
	waits, err := waitsByScope(waiters.Val())
	if err != nil {
		return nil, err
	}
	var all []job.Limit
	for scope, most := range limits.Val() {
		limit, inForce := parseLimit(scope, most, limits.Val())
		if inForce {
			limit.InUse, limit.Waits = busiest(limit, use.Val()), waiting(limit, waits)
			all = append(all, limit)
		}
	}
	slices.SortFunc(all, func(a, b job.Limit) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Client, b.Client))
	})
	return all, nil
}

// parseLimit returns false for a declared limit that an operator has
// overridden.
func parseLimit(scope, most string, all map[string]string) (job.Limit, bool) {
	limit := job.Limit{From: "operator"}
	limit.Max, _ = strconv.Atoi(most)
	if own, is := strings.CutPrefix(scope, declared); is {
		if _, overridden := all[own]; overridden {
			return limit, false
		}
		scope, limit.From = own, "task"
	}
	limit.Task, limit.Client = parseScope(scope)
	return limit, true
}

// scopeOf names what is counted together under a limit.
func scopeOf(task, client string) string {
	switch {
	case task == "" && client == "":
		return "all"
	case task == "":
		return "client:" + client
	case client == "":
		return "task:" + task
	}
	return "task:" + task + ":client:" + client
}

func parseScope(scope string) (task, client string) {
	if client, is := strings.CutPrefix(scope, "client:"); is {
		return "", client
	}
	if scope == "all" {
		return "", ""
	}
	task, client, _ = strings.Cut(strings.TrimPrefix(scope, "task:"), ":client:")
	return task, client
}

// busiest returns how many places of limit are in use: of the client that uses
// most, where each client has its own.
func busiest(limit job.Limit, use map[string]string) (most int) {
	for scope, n := range use {
		if covers(limit, scope) {
			used, _ := strconv.Atoi(n)
			most = max(most, used)
		}
	}
	return most
}

func waiting(limit job.Limit, waits map[string]int) (n int) {
	for scope, waiting := range waits {
		if covers(limit, scope) {
			n += waiting
		}
	}
	return n
}

// covers reports whether what is counted as scope is bounded by limit.
func covers(limit job.Limit, scope string) bool {
	task, client := parseScope(scope)
	each := limit.Client == "*" && client != ""
	return task == limit.Task && (client == limit.Client || each)
}

// waitsByScope counts the jobs that wait for a place under each scope.
func waitsByScope(waiters map[string]string) (map[string]int, error) {
	waits := map[string]int{}
	for id, raw := range waiters {
		w, err := parseWaiter(id, raw)
		if err != nil {
			return nil, err
		}
		if w.Called == "" {
			for _, scope := range w.Places {
				waits[scope]++
			}
		}
	}
	return waits, nil
}

// SetLimits replaces the operators' limits. Jobs that wait under one that was
// raised or lifted are called by the next sweep; jobs that run already are let
// be. What makes no sense is [fault.Invalid], and nothing is changed.
func (l *Locks) SetLimits(ctx context.Context, limits []job.Limit) error {
	fields, err := limitFields(limits)
	if err != nil {
		return err
	}
	return l.replaceLimits(ctx, "", "operators", fields)
}

// DeclareLimits replaces the limits that the code of task declares: of the
// task, and of the task for each client.
func (l *Locks) DeclareLimits(ctx context.Context, task string, limits []job.Limit) error {
	if err := checkName("task", "A limit's task", task); err != nil {
		return err
	}
	for _, limit := range limits {
		if limit.Task != task || limit.Client != "" && limit.Client != "*" {
			return fault.New(fault.Invalid, "The task %s can only limit itself, in all or for each client.", task).In("limits")
		}
	}
	fields, err := limitFields(limits)
	if err != nil {
		return err
	}
	return l.replaceLimits(ctx, task, "task "+task, fields)
}

func limitFields(limits []job.Limit) (map[string]int, error) {
	fields := map[string]int{}
	for i, limit := range limits {
		field := fmt.Sprintf("limits[%d]", i)
		switch {
		case limit.Max < 1:
			return nil, fault.New(fault.Invalid, "A limit must be at least 1, not %d.", limit.Max).In(field + ".max")
		case strings.Contains(limit.Task, ":"):
			return nil, fault.New(fault.Invalid, "There can be no task %.40s: a task's name has no colon.", limit.Task).In(field + ".task")
		}
		if err := checkOptional(field+".task", limit.Task); err != nil {
			return nil, err
		}
		if err := checkOptional(field+".client", limit.Client); err != nil {
			return nil, err
		}
		scope := scopeOf(limit.Task, limit.Client)
		if _, twice := fields[scope]; twice {
			return nil, fault.New(fault.Invalid, "There are two limits for the same.").In(field)
		}
		fields[scope] = limit.Max
	}
	return fields, nil
}

func checkOptional(field, name string) error {
	if name == "" {
		return nil
	}
	return checkName(field, "A limit", name)
}

func (l *Locks) replaceLimits(ctx context.Context, task, whose string, fields map[string]int) error {
	args := []any{task}
	for _, scope := range slices.Sorted(maps.Keys(fields)) {
		args = append(args, scope, fields[scope])
	}
	if err := replaceScript.Run(ctx, l.rdb, Keys, args...).Err(); err != nil {
		return fmt.Errorf("set limits of %s: %w", whose, err)
	}
	return nil
}

// replaceScript replaces the operators' limits, or those of the task ARGV[1].
var replaceScript = redis.NewScript(`
local key, declared = 'beadle:{b}:lock:limits', 'declared:task:' .. ARGV[1]
for _, scope in ipairs(redis.call('HKEYS', key)) do
  local own = scope == declared or scope == declared .. ':client:*'
  if ARGV[1] == '' then own = string.sub(scope, 1, 9) ~= 'declared:' end
  if own then redis.call('HDEL', key, scope) end
end
for i = 2, #ARGV, 2 do
  redis.call('HSET', key, (ARGV[1] == '' and '' or 'declared:') .. ARGV[i], ARGV[i + 1])
end
return 0
`)
