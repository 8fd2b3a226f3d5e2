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
// ARGV: worker id, then for each: queue, id, task, client, wants, the live part
// as it should be and as it is to be, where the job goes ("end", "tell",
// "retry", "first"), ms at which it is due, the event of its end, number of
// fields and of further events, field, value, …, kind, body, …; "tell" is an
// end that others have to hear of, by the job's message.
//
// It answers for each: "1"; or "0" if the attempt is not open any more; or
// "abort live" if the record has changed, and nothing was done.
var finishScript = script(`
local session, answer, i, ends = ARGV[1], {}, 2, {}
local asynqState = {['end'] = 'completed', tell = 'completed', retry = 'retry', first = 'pending'}

-- changed answers for a job whose record is not as it should be.
local function changed(queue, id, key, live, was)
  local fence = readLive(was).fence
  if live and readLive(live).fence == fence then return (redis.call('HGET', key, 'abort') or '') .. ' ' .. live end
  if lock.holds(session)[id] == fence .. ' ' .. queue then lock.unhold(session, id) end
  return '0'
end

-- go puts a job where it stands next.
local function go(queue, id, key, way, due, next)
  if way == 'tell' then
    ended(queue, id, string.match(next, '^%S+'), redis.call('HGET', key, 'msg'))
  elseif way == 'retry' then
    redis.call('ZADD', dueKey(queue, 'retry'), string.format('%.3f', due / 1000), id)
    wake(queue)
  elseif way == 'first' then
    queueFirst(queue, id)
  end
end

local function record(queue, id, task, client, wants, was, next, way, due, body, fields, more)
  local key, from = recordKey(queue, id), i
  i = i + 2 * fields + 2 * more
  local live = redis.call('HGET', key, 'live')
  if live ~= was then return changed(queue, id, key, live, was) end
  if fields == 0 and way == 'end' then
    redis.call('HSET', key, 'live', next)
  else
    redis.call('HSET', key, 'state', asynqState[way], 'live', next, unpack(ARGV, from, from + 2 * fields - 1))
  end
  for k = from + 2 * fields, i - 1, 2 do say(ARGV[k], ARGV[k + 1]) end
  ends[#ends + 1] = body
  lock.unhold(session, id)
  lock.give(id, {task = task, client = client, queue = queue, worker = session, wants = wants})
  if way ~= 'end' then go(queue, id, key, way, due, next) end
  return '1'
end
while i <= #ARGV do
  local n = i
  i = i + 12
  answer[#answer + 1] = record(ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3], ARGV[n + 4], ARGV[n + 5], ARGV[n + 6], ARGV[n + 7],
    ARGV[n + 8], ARGV[n + 9], tonumber(ARGV[n + 10]), tonumber(ARGV[n + 11]))
end
if #ends > 0 then say('attempts.ended', '[' .. table.concat(ends, ',') .. ']') end
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
	ended  events.AttemptEnded
	events []events.Event          // what else there is to report, before it
	judge  func(rec record) ending // decides again, if the record has changed
	done   func(recorded bool)     // called when there is nothing left to do; recorded is false if the attempt was not open any more
}

// args are those of finishScript.
func (x ending) args() ([]any, error) {
	x.next.rev++
	fields := x.changes()
	args := []any{
		x.was.Queue, x.was.ID, x.was.Task, x.was.Client, x.was.wants, x.was.liveText, x.next.live(), string(x.way), x.due(),
		x.ended.Append(nil), len(fields) / 2, len(x.events),
	}
	args = append(args, fields...)
	for _, event := range x.events {
		kind, body, err := events.Marshal(event)
		if err != nil {
			return nil, fmt.Errorf("write event %s: %w", event.Kind(), err)
		}
		args = append(args, kind, body)
	}
	return args, nil
}

// due is when the job is to be tried again, in ms; empty if it is not.
func (x ending) due() string {
	if x.way != wayRetry {
		return ""
	}
	return millis(x.next.Due)
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
