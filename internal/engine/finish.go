package engine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// finishScript records how attempts ended, if they are still open under the
// fence that is given, gives back what their jobs held, and queues those whose
// turn has come thereby.
//
// ARGV: worker id, then for each: queue, id, task, client, wants, fence,
// revision, where the job goes ("end", "tell", "retry", "first", "lacks"),
// ms at which it is due, state, number of fields, field, value, …, number of
// events, kind, body, …; "tell" is an end that others have to hear of, by the
// job's message.
//
// It answers for each: "1"; or "0" if the attempt is not open any more; or
// "revision abort" if the record has changed, and nothing was done.
var finishScript = script(`
local session, answer, i = ARGV[1], {}, 2
local function word()
  i = i + 1
  return ARGV[i - 1]
end
local function words(n)
  local from = i
  i = i + n
  return unpack(ARGV, from, i - 1)
end
local function skip()
  i = i + 2 * tonumber(word())
  i = i + 2 * tonumber(word())
end
local function record(queue, id, fence, rev)
  local key = recordKey(queue, id)
  local task, client, wants = words(3)
  i = i + 2
  local way, due, state = words(3)
  local now = redis.call('HMGET', key, 'fence', 'rev', 'abort')
  if now[1] ~= fence then
    lock.unhold(session, id)
    skip()
    return '0'
  end
  if now[2] ~= rev then
    skip()
    return now[2] .. ' ' .. (now[3] or '')
  end
  redis.call('HSET', key, 'rev', rev + 1, 'fence', '0', words(2 * tonumber(word())))
  for _ = 1, tonumber(word()) do say(words(2)) end
  lock.unhold(session, id)
  lock.give(id, {task = task, client = client, queue = queue, worker = session, wants = wants})
  if way == 'end' then
    redis.call('EXPIRE', key, keepRecord)
  elseif way == 'tell' then
    ended(queue, id, state, redis.call('HGET', key, 'msg'))
  elseif way == 'retry' then
    redis.call('ZADD', dueKey(queue, 'retry'), string.format('%.3f', due / 1000), id)
    wake(queue)
  elseif way == 'first' then
    queueFirst(queue, id)
  end
  return '1'
end
while i <= #ARGV do
  local queue, id = words(2)
  answer[#answer + 1] = record(queue, id, ARGV[i + 3], ARGV[i + 4])
end
handOver()
done()
return answer
`)

// A way says where a job goes after an attempt.
type way string

const (
	wayEnd   way = "end"   // it has ended
	wayTell  way = "tell"  // it has ended, and others have to hear of it
	wayRetry way = "retry" // it is due later
	wayFirst way = "first" // it is next in its queue
)

// An ending is an attempt that has ended and how, not yet recorded.
type ending struct {
	was    record // as the attempt was begun, or as it has become since
	next   record
	way    way
	events []events.Event
	judge  func(rec record) ending // decides again, if the record has changed
	done   func(recorded bool)     // called when there is nothing left to do; recorded is false if the attempt was not open any more
}

// args are those of finishScript.
func (x ending) args() ([]any, error) {
	args := []any{
		x.was.Queue, x.was.ID, x.was.Task, x.was.Client, x.was.wants, x.was.fence, x.was.rev,
		string(x.way), x.next.Due.UnixMilli(), string(x.next.State),
	}
	fields := x.changes()
	args = append(append(args, len(fields)/2), fields...)
	args = append(args, len(x.events))
	for _, event := range x.events {
		kind, body, err := events.Marshal(event)
		if err != nil {
			return nil, fmt.Errorf("write event %s: %w", event.Kind(), err)
		}
		args = append(args, kind, body)
	}
	return args, nil
}

// asynqStates are asynq's names for where a job stands.
var asynqStates = map[job.State]string{
	job.Scheduled: "scheduled", job.Waiting: "scheduled", job.Queued: "pending", job.Running: "active", job.Retrying: "retry",
	job.Succeeded: "completed", job.Failed: "completed", job.Aborted: "completed", job.Expired: "completed",
}

// changes are the fields of the record that the ending changes.
func (x ending) changes() []any {
	was, next := x.was, x.next
	fields := []any{"state", asynqStates[next.State], "job", string(next.State)}
	set := func(changed bool, field string, value any) {
		if changed {
			fields = append(fields, field, value)
		}
	}
	set(next.Ended != nil, "ended", unixMilli(next.Ended))
	set(next.State == job.Retrying, "due", next.Due.UnixMilli())
	set(next.Failures != was.Failures, "failures", next.Failures)
	set(next.Crashes != was.Crashes, "crashes", next.Crashes)
	set(next.Reason != was.Reason, "reason", next.Reason)
	set(next.Error != was.Error, "error", next.Error)
	set(next.Errors != was.Errors, "errors", next.Errors)
	set(next.lines != was.lines, "lines", next.lines)
	set(next.Progress != was.Progress, "progress", encode(next.Progress))
	set(next.alone != was.alone, "alone", flag(next.alone))
	return fields
}

func unixMilli(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}

// readRecorded reads the answer of finishScript: what is still to be decided
// again, because its record has changed.
func readRecorded(cmd *redis.Cmd, all []ending) (again []ending, err error) {
	answers, err := cmd.StringSlice()
	if err != nil {
		return nil, err
	}
	if len(answers) != len(all) {
		return nil, fmt.Errorf("record endings: unexpected reply")
	}
	for i, answer := range answers {
		if answer == "0" || answer == "1" {
			all[i].done(answer == "1")
			continue
		}
		rec, err := all[i].was.changed(answer)
		if err != nil {
			return nil, err
		}
		again = append(again, all[i].judge(rec))
	}
	return again, nil
}

// changed is the record as it is by now: only its revision and the wish to
// abort it can be other than they were, as long as its attempt is open.
func (r record) changed(answer string) (record, error) {
	var rev string
	for i := range answer {
		if answer[i] == ' ' {
			rev, r.abortBy = answer[:i], answer[i+1:]
			break
		}
	}
	var err error
	r.rev, err = strconv.ParseInt(rev, 10, 64)
	r.Aborting = r.abortBy != ""
	return r, err
}
