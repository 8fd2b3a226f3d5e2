package engine

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// moving is what the scripts share that take a job from where it stands.
const moving = `
-- unplace takes a job that no worker runs from where it stands.
local function unplace(queue, id, client)
  if redis.call('ZREM', waitingKey(queue), id) == 1 then return end
  if redis.call('ZREM', dueKey(queue, 'scheduled'), id) == 1 then return end
  if redis.call('ZREM', dueKey(queue, 'retry'), id) == 1 then return end
  if redis.call('LREM', pendingKey(queue), 1, id) == 1 then return end
  if redis.call('LREM', aloneKey(queue), 1, id) == 1 then return end
  if redis.call('LREM', lineKey(queue, client), 1, id) == 1 and redis.call('EXISTS', lineKey(queue, client)) == 0 then
    redis.call('LREM', ringKey(queue), 0, client)
  end
end
`

// abortScript tells a job to stop, if its record is still as it was: one
// that runs is marked, any other ends.
//
// ARGV: queue, id, the live part as it should be, who wants it
//
// It answers 0 if the record has changed.
var abortScript = script(moving + `
local queue, id, by = ARGV[1], ARGV[2], ARGV[4]
local key = recordKey(queue, id)
local r = redis.call('HMGET', key, 'msg', 'live', 'state')
if not r[1] or (r[2] or '') ~= ARGV[3] then return 0 end
local l = readLive(r[2], r[3])
if l.fence ~= '0' then
  writeLive(key, 'active', l, 'abort', by)
  redis.call('PUBLISH', 'beadle:{b}:job:abort', id)
else
  local _, client = head(r[1])
  unplace(queue, id, client)
  finish(queue, id, l, 'aborted', 'Aborted by ' .. by .. '.', r[1])
  handOver()
  done()
end
return 1
`)

// Abort tells a job to stop. One that no worker runs ends at once. One that
// runs is marked as aborting, its context ends within a second, and it has
// ended when its code returns; if it returned without an error by then, it has
// succeeded all the same. A job that has ended is a [fault.Conflict].
func (e *Engine) Abort(ctx context.Context, id, by string) (job.Job, error) {
	for {
		rec, err := e.read(ctx, id)
		switch {
		case err != nil:
			return job.Job{}, err
		case rec.State.Final():
			return job.Job{}, ended(rec)
		case rec.Aborting:
			e.nudge(ctx, id)
			return rec.Job, nil
		}
		by := first(by, "somebody")
		changed, err := runScript(ctx, e, abortScript, rec.Queue, id, rec.liveText, by).Bool()
		if err != nil {
			return job.Job{}, wrap(err, "abort job %s", id)
		}
		if changed {
			return e.aborted(ctx, rec, by)
		}
	}
}

// aborted returns a job that was told to stop.
func (e *Engine) aborted(ctx context.Context, was record, by string) (job.Job, error) {
	rec, err := e.read(ctx, was.ID)
	if fault.KindOf(err) == fault.NotFound { // it has ended, and the ledger has it already
		rec, err = was, nil
		rec.State, rec.Reason, rec.Ended = job.Aborted, "Aborted by "+by+".", new(e.now())
	}
	return rec.Job, err
}

func abortReason(by string) string { return "Aborted by " + by + "." }

func ended(rec record) error {
	return fault.New(fault.Conflict, "Job %s has already %s.", rec.ID, rec.State)
}

// nudge tells the workers once more to look at the job's abort flag. They look
// every two seconds anyway.
func (e *Engine) nudge(ctx context.Context, id string) {
	if err := e.rdb.Publish(ctx, abortTopic, id).Err(); err != nil {
		e.log.WarnContext(ctx, "abort noted, the worker will see it later", "job", id, "err", err)
	}
}

// hurryScript queues a job that would start later, if its record is still as
// it was. In what it stands in line for it keeps its place.
//
// ARGV: queue, id, the live part as it should be
var hurryScript = script(moving + `
local queue, id = ARGV[1], ARGV[2]
local key = recordKey(queue, id)
local r = redis.call('HMGET', key, 'msg', 'live', 'state')
if not r[1] or (r[2] or '') ~= ARGV[3] then return 0 end
local _, client = head(r[1])
unplace(queue, id, client)
local l, other = readLive(r[2], r[3]), twin(queue, id, r[1])
if other then
  park(queue, id, l, {kind = 'unique', holder = other})
else
  l.job = 'queued'
  writeLive(key, 'pending', l, 'due', text(ms))
  redis.call('HDEL', key, 'waits', 'reason')
  queueFirst(queue, id)
  say('job.queued', '{"id":"' .. id .. '","at":"' .. now .. '"}')
end
done()
return 1
`)

// Hurry queues a job now that would start or be retried later. One that waits
// is looked at again, and waits on if it has to. A job that is queued already
// stays as it is; one that runs or has ended is a [fault.Conflict], and so is
// one that waits for another job that does the same.
func (e *Engine) Hurry(ctx context.Context, id string) (job.Job, error) {
	for {
		rec, err := e.read(ctx, id)
		switch {
		case err != nil:
			return job.Job{}, err
		case rec.State.Final():
			return job.Job{}, ended(rec)
		case rec.State == job.Queued:
			return rec.Job, nil
		case rec.fence != 0 || !rec.State.Can(job.Queued):
			return job.Job{}, fault.New(fault.Conflict, "Job %s is %s.", id, rec.State)
		case rec.Waiting != nil && (rec.Waiting.Kind == job.WaitsForTwin || rec.Waiting.Kind == job.WaitsForParts):
			return job.Job{}, fault.New(fault.Conflict, "Job %s cannot start yet. %s", id, rec.Waiting.Sentence(e.now()))
		}
		changed, err := runScript(ctx, e, hurryScript, rec.Queue, id, rec.liveText).Bool()
		if err != nil {
			return job.Job{}, wrap(err, "queue job %s", id)
		}
		if changed {
			return e.Job(ctx, id)
		}
	}
}

// breakScript takes the locks of a running job away.
//
// ARGV: queue, id, fence, kind, body
var breakScript = script(recovery + `
local queue, id = ARGV[1], ARGV[2]
local live = redis.call('HGET', recordKey(queue, id), 'live')
local l = readLive(live)
if not live or l.fence ~= ARGV[3] then return 0 end
say(ARGV[4], ARGV[5])
recover(l.session, id, l.fence .. ' ' .. queue, 'broken')
redis.call('PUBLISH', 'beadle:{b}:job:abort', id .. ' ' .. ARGV[3])
handOver()
done()
return 1
`)

// Break takes away the locks of a job that runs. Its attempt is lost: its
// context ends within seconds, what it writes from now on is refused by its
// fence, and the job goes back into the queue, no attempt used. It is an
// event, with the reason. A job that does not run is a [fault.Conflict].
func (e *Engine) Break(ctx context.Context, id, by, reason string) (job.Job, error) {
	if reason == "" {
		return job.Job{}, fault.New(fault.Invalid, "Say why the locks are taken away; it is kept in the job's history.").In("reason")
	}
	rec, err := e.read(ctx, id)
	if err != nil {
		return job.Job{}, err
	}
	if rec.fence == 0 {
		return job.Job{}, fault.New(fault.Conflict, "Job %s is %s and holds no locks.", id, rec.State)
	}
	args, err := appendEvents([]any{rec.Queue, id, rec.fence}, []events.Event{
		events.LocksBroken{ID: id, By: first(by, "somebody"), Reason: reason, At: e.now()},
	})
	if err != nil {
		return job.Job{}, err
	}
	changed, err := runScript(ctx, e, breakScript, args...).Bool()
	if err != nil {
		return job.Job{}, wrap(err, "break the locks of job %s", id)
	}
	if !changed {
		return job.Job{}, fault.New(fault.Conflict, "Job %s has ended its attempt meanwhile.", id)
	}
	return e.Job(ctx, id)
}
