package engine

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// asynqPrefix begins the names that our queues have with asynq. asynq writes a
// name between braces, where it is the hash tag of the queue's keys; this closes
// the brace early, so that the keys of all queues have one tag, that of
// [lock.Home]: asynq:{b}:default}:pending.
const asynqPrefix = "b}:"

// asynqQueuesKey is the set in which asynq's tools find the names of queues. It
// has no hash tag, so scripts must not touch it.
const asynqQueuesKey = "asynq:queues"

func asynqQueue(queue string) string { return asynqPrefix + queue }

// meetAsynq tells asynq's tools which queues there are, and learns of those in
// which asynq's own client has put tasks. On a Cluster it may not do either, as
// asynq's set of names may be on another node: its tools must be told the name.
func (e *Engine) meetAsynq(ctx context.Context, ours []string) error {
	theirs, err := e.rdb.SMembers(ctx, asynqQueuesKey).Result()
	if redis.HasErrorPrefix(err, "MOVED") {
		return nil
	}
	if err != nil {
		return wrap(err, "read the names of asynq's queues")
	}
	_, err = e.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, queue := range ours {
			p.SAdd(ctx, asynqQueuesKey, asynqQueue(queue))
		}
		for _, name := range theirs {
			if queue, is := strings.CutPrefix(name, asynqPrefix); is {
				p.SAdd(ctx, queuesKey, queue)
			}
		}
		return nil
	})
	return wrap(err, "exchange the names of queues with asynq")
}

// forgetAsynq takes a queue off asynq's list, which on a Cluster may be out of
// reach.
func (e *Engine) forgetAsynq(ctx context.Context, queue string) error {
	err := e.rdb.SRem(ctx, asynqQueuesKey, asynqQueue(queue)).Err()
	if redis.HasErrorPrefix(err, "MOVED") {
		return nil
	}
	return err
}
