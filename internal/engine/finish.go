package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// finishScript records how attempts ended, if they are still open under the
// fence that is given, gives back what their jobs held, and queues those whose
// turn has come thereby.
//
// ARGV: worker id, then portions of attempts that agree in all but the job:
// number of jobs, queue, task, client, "1" if they hold locks, the live part as
// it should be and as it is to be, where the jobs go ("end", "tell", "retry",
// "first"), and for each job its id and the event of its end. "tell" is an end
// that others have to hear of, by the job's message. A portion of 0 jobs is one
// job that has more to say: after its event follow the ms at which it is due,
// number of fields and of further events, field, value, …, kind, body, …
//
// It answers for each: "1"; or "0" if the attempt is not open any more; or
// "abort live" if the record has changed, and nothing was done.
var finishScript = script(`
local session, answer, ends = ARGV[1], {}, {}
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

local function closed(who, id, body)
  ends[#ends + 1], answer[#answer + 1] = body, '1'
  lock.unhold(session, id)
  lock.give(id, who)
end

-- alike records a portion whose jobs have no more to say.
local function alike(n, from, who, was, next, way)
  local queue, place = who.queue, recordKey(who.queue, '')
  if who.wants ~= '' then
    local ids = {}
    for i = from, from + 2 * n - 2, 2 do ids[#ids + 1] = ARGV[i] end
    lock.recall(ids)
  end
  for i = from, from + 2 * n - 2, 2 do
    local id = ARGV[i]
    local key = place .. id
    local live = redis.call('HGET', key, 'live')
    if live ~= was then
      answer[#answer + 1] = changed(queue, id, key, live, was)
    else
      if way == 'end' then redis.call('HSET', key, 'live', next) else redis.call('HSET', key, 'state', asynqState[way], 'live', next) end
      closed(who, id, ARGV[i + 1])
      if way ~= 'end' then go(queue, id, key, way, nil, next) end
    end
  end
  return from + 2 * n
end

-- single records one job with all that it says.
local function single(from, who, was, next, way)
  local queue, id, due, fields, more = who.queue, ARGV[from], ARGV[from + 2], tonumber(ARGV[from + 3]), tonumber(ARGV[from + 4])
  local key = recordKey(queue, id)
  local live = redis.call('HGET', key, 'live')
  local first, last = from + 5 + 2 * fields, from + 4 + 2 * fields + 2 * more
  if live ~= was then
    answer[#answer + 1] = changed(queue, id, key, live, was)
  else
    redis.call('HSET', key, 'state', asynqState[way], 'live', next, unpack(ARGV, from + 5, first - 1))
    for k = first, last, 2 do say(ARGV[k], ARGV[k + 1]) end
    closed(who, id, ARGV[from + 1])
    go(queue, id, key, way, due, next)
  end
  return last + 1
end

local i = 2
while i <= #ARGV do
  local n, who = tonumber(ARGV[i]), {queue = ARGV[i + 1], task = ARGV[i + 2], client = ARGV[i + 3], wants = ARGV[i + 4], worker = session}
  local was, next, way = ARGV[i + 5], ARGV[i + 6], ARGV[i + 7]
  i = n > 0 and alike(n, i + 8, who, was, next, way) or single(i + 8, who, was, next, way)
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
	took   time.Duration            // of its code; 0 if none ran
	events []events.Event           // what else there is to report, before it
	judge  func(rec record) *ending // decides again, if the record has changed
	done   func(recorded bool)      // called when there is nothing left to do; recorded is false if the attempt was not open any more
}

// A portioned is what the arguments of finishScript say once for all attempts
// that agree in it.
type portioned struct {
	queue, task, client, locks, was, next string
	way                                   way
}

func (x *ending) portion() portioned {
	return portioned{x.was.Queue, x.was.Task, x.was.Client, flag(x.was.wants != ""), x.was.liveText, x.next.live(), x.way}
}

// endingArgs are those of finishScript for all endings, which it sorts into
// the order of the answers.
func endingArgs(all []*ending) ([]any, error) {
	portions := make(map[portioned][]*ending, len(all))
	args, sorted := make([]any, 0, 10*len(all)), make([]*ending, 0, len(all))
	for _, x := range all {
		p, fields := x.portion(), x.changes()
		if len(fields)+len(x.events) == 0 {
			portions[p] = append(portions[p], x)
			continue
		}
		var err error
		if args, err = x.appendArgs(args, p, fields); err != nil {
			return nil, err
		}
		sorted = append(sorted, x)
	}
	for p, some := range portions {
		args = append(args, len(some), p.queue, p.task, p.client, p.locks, p.was, p.next, string(p.way))
		for _, x := range some {
			args = append(args, x.was.ID, x.ended.Append(nil))
		}
		sorted = append(sorted, some...)
	}
	copy(all, sorted)
	return args, nil
}

// appendArgs adds the arguments of finishScript for a job that has more to say than
// its portion.
func (x *ending) appendArgs(args []any, p portioned, fields []any) ([]any, error) {
	args = append(args,
		0, p.queue, p.task, p.client, p.locks, p.was, p.next, string(p.way),
		x.was.ID, x.ended.Append(nil), x.due(), len(fields)/2, len(x.events))
	return appendEvents(append(args, fields...), x.events)
}

// due is when the job is to be tried again, in ms; empty if it is not.
func (x *ending) due() string {
	if x.way != wayRetry {
		return ""
	}
	return millis(x.next.Due)
}

// changes are the fields of the record that the ending changes.
func (x *ending) changes() []any {
	was, next := &x.was, &x.next
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
	if next.Progress != was.Progress {
		set(true, "progress", encode(next.Progress))
	}
	set(next.alone != was.alone, "alone", flag(next.alone))
	return fields
}

// readRecorded reads the answer of finishScript: what is still to be decided
// again, because its record has changed.
func readRecorded(cmd *redis.Cmd, all []*ending) (again []*ending, err error) {
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
