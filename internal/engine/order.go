package engine

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A told is an order and who gave it.
type told struct {
	order job.Order
	by    string
}

func readTold(text string) told {
	order, by, _ := strings.Cut(text, " ")
	return told{job.Order(order), by}
}

// String returns t as Redis keeps it; empty if there is no order.
func (t told) String() string {
	if t.order == job.OrderWake {
		return ""
	}
	return string(t.order) + " " + t.by
}

// orderScript tells a worker what to do, unless it is gone or about to end.
//
// ARGV: worker id, order and who or ""
//
// It answers "gone", "drains" or "told".
var orderScript = redis.NewScript(`
if redis.call('EXISTS', 'beadle:{b}:job:worker:' .. ARGV[1]) == 0 then return 'gone' end
local was = redis.call('HGET', 'beadle:{b}:job:orders', ARGV[1])
if was and string.find(was, 'drain ', 1, true) == 1 then return 'drains' end
if ARGV[2] == '' then redis.call('HDEL', 'beadle:{b}:job:orders', ARGV[1]) else redis.call('HSET', 'beadle:{b}:job:orders', ARGV[1], ARGV[2]) end
return 'told'
`)

// Order tells a worker what to do with the jobs to come, in the name of by. It
// hears of it with its next heartbeat, within two seconds. One that was told to
// drain cannot be told anything else.
func (e *Engine) Order(ctx context.Context, id string, order job.Order, by string) (job.Worker, error) {
	answer, err := runScript(ctx, e, orderScript, id, told{order, by}.String()).Text()
	if err != nil {
		return job.Worker{}, wrap(err, "tell worker %s", id)
	}
	if answer == "drains" && order != job.OrderDrain {
		return job.Worker{}, fault.New(fault.Conflict, "Worker %s drains already: its process ends when its jobs have ended.", id)
	}
	all, err := e.Workers(ctx)
	if err != nil {
		return job.Worker{}, err
	}
	for _, w := range all {
		if w.ID == id {
			return w, nil
		}
	}
	return job.Worker{}, fault.New(fault.NotFound, "There is no worker %s; it has ended, or goes on under another id.", id)
}

func (w *Worker) told() told {
	t, _ := w.wish.Load().(told)
	return t
}

// follow does what people have told the worker.
func (w *Worker) follow(t told) {
	if was := w.told(); was == t || was.order == job.OrderDrain {
		return
	}
	w.wish.Store(t)
	w.log.Info("worker was told what to do", "order", first(string(t.order), "wake"), "by", t.by)
	if t.order == job.OrderDrain {
		w.leave()
		return
	}
	w.desk.change(func() {
		w.desk.quiet = t.order == job.OrderQuiet
		w.desk.more = true
	})
	if t.order == job.OrderQuiet {
		w.stopWaiting()
	}
}

// stopWaiting ends the worker's wait for a token.
func (w *Worker) stopWaiting() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := w.engine.rdb.Pipelined(ctx, func(p redis.Pipeliner) error { w.endWait(ctx, p); return nil })
	if err != nil {
		w.log.Warn("worker waits for jobs a moment longer", "err", err)
	}
}
