package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"
)

// asynqQueue is where asynq puts tasks unless told otherwise.
const asynqQueue = "default"

// asynqAt says to asynq where Redis is.
func asynqAt(url string) (asynq.RedisConnOpt, error) {
	at, err := asynq.ParseRedisURI(url)
	if err != nil {
		return nil, fmt.Errorf("tell asynq where redis is: %w", err)
	}
	return at, nil
}

// asynqClient returns a client with default settings.
func asynqClient(url string) (*asynq.Client, error) {
	at, err := asynqAt(url)
	if err != nil {
		return nil, err
	}
	return asynq.NewClient(at), nil
}

// asynqServer starts a server with default settings, but quiet.
func asynqServer(url string, concurrency int, queues map[string]int, handler asynq.HandlerFunc) (*asynq.Server, error) {
	at, err := asynqAt(url)
	if err != nil {
		return nil, err
	}
	server := asynq.NewServer(at, asynq.Config{Concurrency: concurrency, Queues: queues, LogLevel: asynq.ErrorLevel})
	if err := server.Start(handler); err != nil {
		return nil, fmt.Errorf("start asynq: %w", err)
	}
	return server, nil
}

// asynqFill enqueues n tasks, as many goroutines at a time as asked, over one
// client.
func asynqFill(ctx context.Context, url string, n, goroutines int, payload func(i int) []byte, options ...asynq.Option) (took time.Duration, err error) {
	client, err := asynqClient(url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	g, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for worker := range goroutines {
		g.Go(func() error {
			for i := worker; i < n; i += goroutines {
				if _, err := client.EnqueueContext(ctx, asynq.NewTask(taskName, payload(i)), options...); err != nil {
					return fmt.Errorf("enqueue with asynq: %w", err)
				}
			}
			return nil
		})
	}
	err = g.Wait()
	return time.Since(began), err
}

// asynqSettled waits until asynq has acknowledged all tasks.
func (b *Bed) asynqSettled(ctx context.Context) error {
	return poll(ctx, 5*time.Millisecond, func() (bool, error) {
		left, err := b.rdb.LLen(ctx, "asynq:{"+asynqQueue+"}:active").Result()
		return left == 0, err
	})
}

// short is the payload of task n.
func short(n int) []byte { return payload(n, payloadSize) }
