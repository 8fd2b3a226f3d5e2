package engine

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// The paces of a worker.
const (
	renewEvery  = 2 * time.Second // lease, heartbeat and abort flags, in one call
	workerTTL   = 10 * time.Second
	blockFor    = 2 * time.Second  // of an idle worker's wait for a token
	stuckAfter  = 30 * time.Second // code that has not returned after it was told to stop
	catalogueIn = 10 * time.Second // how often a worker looks whether the catalogue has its tasks
)

// renewScript extends the worker's lease, or takes it if it is a new one, and
// says that the worker lives. It gives back what dead workers held.
//
// ARGV: worker id, run id of the server, lease in µs, "1" for a new session,
// description of the worker as JSON, seconds that it is listed, and for a new
// session the epoch of Redis that the worker knew before or "": where it is
// another, Redis has lost what others hold, and nothing is granted for one
// lease, within which they find out; then what people have told the worker to do,
// and the session before, if the worker was cut off in it, or ""
//
// It answers: µs of Redis; "1", or "" if the lease was lost; what people have
// told the worker, as "order who" or ""; then for each job
// that is held: its id, its fence ("0" if it was not started), and who wants
// it aborted or "".
var renewScript = script(recovery + `
local worker, lease = ARGV[1], tonumber(ARGV[3])
lock.master(ARGV[2], lease)
local alive = ARGV[4] == '1'
if ARGV[7] ~= '' and redis.call('GET', 'beadle:{b}:job:epoch') ~= ARGV[7] and redis.call('SETNX', 'beadle:{b}:lock:wiped', ARGV[7]) == 1 then
  redis.call('SET', 'beadle:{b}:lock:quiet', text(at + lease), 'PX', math.ceil(lease / 1000))
end
if alive then lock.enlist(worker, lease) else alive = lock.renew(worker, lease) end
if ARGV[9] ~= '' then comeBack(ARGV[9]) end
if ARGV[8] ~= '' then redis.call('HSET', 'beadle:{b}:job:orders', worker, ARGV[8]) end
local answer = {text(at), alive and '1' or '', redis.call('HGET', 'beadle:{b}:job:orders', worker) or ''}
if alive then
  redis.call('SET', 'beadle:{b}:job:worker:' .. worker, ARGV[5], 'EX', ARGV[6])
  redis.call('ZADD', 'beadle:{b}:job:workers', text(ms + ARGV[6] * 1000), worker)
  for id, place in pairs(lock.holds(worker)) do
    local fence, queue = split(place)
    answer[#answer + 1] = id
    answer[#answer + 1] = fence
    answer[#answer + 1] = redis.call('HGET', recordKey(queue, id), 'abort') or ''
  end
end
reap()
handOver()
done()
return answer
`)

// enlist announces the worker and its tasks, however long Redis needs to be
// there. It reports false if ctx ended first.
func (w *Worker) enlist(ctx context.Context) bool {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := w.openSession(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			w.log.Warn("redis does not answer, trying again", "after", pause, "err", err)
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// openSession announces the worker's tasks and takes a lease for it.
func (w *Worker) openSession(ctx context.Context) error {
	if err := w.load(ctx); err != nil {
		return err
	}
	if err := w.engine.announce(ctx, w.declared, true); err != nil {
		return err
	}
	s := newSession(time.Now())
	_, err := w.beat(ctx, s, true)
	if err != nil {
		s.lose(err)
		return err
	}
	w.lease.Store(s)
	if w.epoch, err = w.engine.Epoch(ctx); err != nil {
		return err
	}
	return w.followQueues(ctx)
}

// A pulse is the answer to a heartbeat.
type pulse struct {
	alive   bool
	order   told             // what people want of the worker
	held    map[string]int64 // what the worker holds by Redis' account: ids and fences
	aborted []string
}

// beat renews the lease of a session, and says what the worker does.
func (w *Worker) beat(ctx context.Context, s *session, fresh bool) (p pulse, err error) {
	if _, err := w.engine.run.know(ctx, w.engine.rdb); err != nil {
		return p, err
	}
	self, sent := w.describe(s), time.Now()
	epoch, order, away := "", "", ""
	if fresh {
		epoch, order, away = w.epoch, w.told().String(), w.away()
	}
	values, err := runScript(ctx, w.engine, renewScript, s.id, w.engine.run.id(), lock.Lease.Microseconds(),
		flag(fresh), encode(self), int(workerTTL.Seconds()), epoch, order, away).StringSlice()
	if err != nil {
		return p, wrap(err, "renew the lease of worker %s", w.options.Name)
	}
	if len(values) < 3 {
		return p, errors.New("renew lease: unexpected reply")
	}
	w.engine.tick(micros(values[0]), sent)
	p.alive, p.order, p.held = values[1] == "1", readTold(values[2]), map[string]int64{}
	for rest := values[3:]; len(rest) > 2; rest = rest[3:] {
		p.held[rest[0]] = micros(rest[1])
		if rest[2] != "" {
			p.aborted = append(p.aborted, rest[0])
		}
	}
	return p, nil
}

// renewals keeps lease, heartbeat and catalogue fresh until ctx ends.
func (w *Worker) renewals(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.renew(ctx)
		w.desk.poke()
		w.watchStuck(ctx)
		if n%int(catalogueIn/renewEvery) == 0 {
			w.refresh(ctx)
		}
	}
}

// renew extends the lease for all that the worker holds. If the lease was
// lost, so is everything, and the worker goes on under a new one.
func (w *Worker) renew(ctx context.Context) {
	s, asked := w.session(), time.Now()
	limited, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	if s.lease.Err() != nil {
		w.beginAnew(limited)
		return
	}
	p, err := w.beat(limited, s, false)
	switch {
	case err != nil && ctx.Err() == nil:
		s.cutOff = true
		w.log.Warn("lease not renewed", "jobs", len(w.holds.every()), "err", err)
	case err != nil:
	case !p.alive:
		s.lose(errLeaseLost)
		w.beginAnew(limited)
	default:
		s.cutOff = false
		s.extend(asked)
		w.obey(p)
	}
}

// beginAnew opens a session after the last one was lost. What was held in that
// one is given back when its lease runs out.
func (w *Worker) beginAnew(ctx context.Context) {
	w.log.Warn("lease lost, the worker begins anew", "jobs", len(w.holds.every()))
	if err := w.openSession(ctx); err != nil {
		w.log.Warn("worker not announced yet", "err", err)
	}
	if w.stopping.Err() != nil {
		w.sayStopping()
	}
	w.desk.look()
}

// away is the worker's last session, if it was lost because Redis could not be
// reached. A worker that was frozen, or did not get to renew its lease, has no
// such excuse: the jobs that it ran may be the cause.
func (w *Worker) away() string {
	if s := w.session(); s != nil && s.cutOff {
		return s.id
	}
	return ""
}

// obey does what people have told the worker, ends the work on jobs that are to be aborted, or that the worker does
// not hold any more, and gives back those that it holds without knowing it.
func (w *Worker) obey(p pulse) {
	w.follow(p.order)
	for _, id := range p.aborted {
		w.abort(id)
	}
	for _, h := range w.holds.every() {
		if h.session == w.session() && p.held[h.ID] != h.fence && h.missing() {
			h.tell(errBroken)
		}
	}
	w.returnStrange(p.held)
}

// returnStrange gives back jobs that Redis handed out in a reply that got
// lost: those that were unknown here a heartbeat ago and still are.
func (w *Worker) returnStrange(held map[string]int64) {
	now := map[string]int64{}
	for id, fence := range held {
		if len(w.holds.of(id)) > 0 || w.desk.knows(id) {
			continue
		}
		now[id] = fence
		if was, strange := w.strange[id]; strange && was == fence {
			w.disown(id, fence)
		}
	}
	w.strange = now
}

// abort ends the work on a job in hand.
func (w *Worker) abort(id string) {
	for _, h := range w.holds.of(id) {
		h.tell(errAborted)
	}
}

// watchStuck tells of code that does not return.
func (w *Worker) watchStuck(ctx context.Context) {
	for _, h := range w.holds.every() {
		if _, fresh := h.isStuck(w.stuckAfter); !fresh {
			continue
		}
		if err := w.engine.noteStuck(ctx, h.record); err != nil {
			w.logOf(&h.record).Warn("stuck job not noted", "err", err)
			continue
		}
		h.note()
		w.logOf(&h.record).Warn("job does not stop", "cause", context.Cause(h.code))
	}
}

// stuckScript notes that a job does not stop, if its attempt is still open.
//
// ARGV: queue, id, fence, kind, body
var stuckScript = script(`
local key = recordKey(ARGV[1], ARGV[2])
local live = redis.call('HGET', key, 'live')
if live and readLive(live).fence == ARGV[3] then
  redis.call('HSET', key, 'stuck', '1')
  say(ARGV[4], ARGV[5])
  done()
end
return 0
`)

func (e *Engine) noteStuck(ctx context.Context, rec record) error {
	args, err := appendEvents([]any{rec.Queue, rec.ID, rec.fence}, []events.Event{events.JobStuck{ID: rec.ID, Worker: rec.Worker, At: e.now()}})
	if err != nil {
		return err
	}
	return wrap(runScript(ctx, e, stuckScript, args...).Err(), "note that job %s is stuck", rec.ID)
}

// refresh makes sure that the catalogue has the worker's tasks, and that the
// worker takes jobs from all queues that are its.
func (w *Worker) refresh(ctx context.Context) {
	err := w.engine.announce(ctx, w.declared, false)
	if err == nil {
		err = w.followQueues(ctx)
	}
	if err != nil && ctx.Err() == nil {
		w.log.Warn("catalogue not read", "err", err)
	}
}

// listen looks at abort flags as soon as somebody has set one, and hears who
// wants a profile.
func (w *Worker) listen(ctx context.Context) {
	nudges := w.engine.rdb.Subscribe(ctx, abortTopic, askTopic)
	defer nudges.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case message, open := <-nudges.Channel():
			if !open {
				return
			}
			if message.Channel == askTopic {
				w.hearAsk(ctx, message.Payload)
			} else {
				w.hear(message.Payload)
			}
		}
	}
}

// hear does what a nudge says: "id" of a job to be aborted, or "id fence" of an
// attempt whose locks were taken away.
func (w *Worker) hear(nudge string) {
	id, fence, broken := strings.Cut(nudge, " ")
	if !broken {
		w.abort(id)
		return
	}
	for _, h := range w.holds.of(id) {
		if strconv.FormatInt(h.fence, 10) == fence {
			h.tell(errBroken)
		}
	}
}

// watch waits, while the worker is idle, for a token that says there is
// something to take.
func (w *Worker) watch() {
	for pause := firstPause; w.desk.idle(); {
		err := w.engine.rdb.BLPop(context.Background(), blockFor, w.wakeKeys()...).Err()
		if err != nil && !errors.Is(err, redis.Nil) {
			sleep(w.stopping, pause)
			pause = min(2*pause, maxPause)
			continue
		}
		pause = firstPause
		w.desk.look()
	}
}

func wakeKey(queue string) string { return lock.Home + "wake:" + queue }

// wakeKeys are the lists whose tokens wake this worker: those of its queues,
// and one of its own.
func (w *Worker) wakeKeys() []string {
	keys := []string{wakeKey("worker:" + w.sessionID())}
	for queue := range *w.served.Load() {
		keys = append(keys, wakeKey(queue))
	}
	return keys
}

// weights are the queues that the worker takes jobs from; the map is the
// caller's.
func (w *Worker) weights() map[string]int { return maps.Clone(*w.served.Load()) }

// micros reads a number that a script wrote.
func micros(text string) (n int64) {
	for _, c := range strings.TrimSpace(text) {
		n = n*10 + int64(c-'0')
	}
	return n
}
