package engine

import (
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// finishScript records how attempts ended, if they are still open under the
// fence that is given, gives back what their jobs held, and queues those whose
// turn has come thereby.
//
// ARGV: worker id, then for each: queue, id, task, client, wants, fence, the
// live part as it should be and as it is to be, where the job goes ("end",
// "tell", "retry", "first"), ms at which it is due, asynq's state, state, number
// of fields, field, value, …, number of events, kind, body, …; "tell" is an
// end that others have to hear of, by the job's message.
//
// It answers for each: "1"; or "0" if the attempt is not open any more; or
// "abort live" if the record has changed, and nothing was done.
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
  local fields = tonumber(word())
  i = i + 2 * fields
  local report = tonumber(word())
  i = i + 2 * report
end
local function record(queue, id)
  local key = recordKey(queue, id)
  local task, client, wants, fence, was, next, way, due, asynq, state = words(10)
  local live = redis.call('HGET', key, 'live')
  if live ~= was then
    skip()
    if live and readLive(live).fence == fence then return (redis.call('HGET', key, 'abort') or '') .. ' ' .. live end
    if lock.holds(session)[id] == fence .. ' ' .. queue then lock.unhold(session, id) end
    return '0'
  end
  redis.call('HSET', key, 'state', asynq, 'live', next, words(2 * tonumber(word())))
  for _ = 1, tonumber(word()) do say(words(2)) end
  lock.unhold(session, id)
  lock.give(id, {task = task, client = client, queue = queue, worker = session, wants = wants})
  if way == 'tell' then
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
  answer[#answer + 1] = record(queue, id)
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
	x.next.rev++
	args := []any{
		x.was.Queue, x.was.ID, x.was.Task, x.was.Client, x.was.wants, x.was.fence, x.was.liveText, x.next.live(),
		string(x.way), x.next.Due.UnixMilli(), asynqStates[x.next.State], string(x.next.State),
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
	var fields []any
	set := func(changed bool, field string, value any) {
		if changed {
			fields = append(fields, field, value)
		}
	}
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
	by, live, ok := strings.Cut(answer, " ")
	for ok && strings.Count(live, " ") > 7+strings.Count(r.Worker, " ") { // the name of who aborts may have blanks
		word, rest, _ := strings.Cut(live, " ")
		by, live = by+" "+word, rest
	}
	r.abortBy, r.Aborting = by, by != ""
	return r, r.readLive(live)
}
