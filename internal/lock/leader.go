package lock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// The times of a leader's lease, which is shorter than that of a worker: a slot
// of the timetable waits for a new leader. It stops leading margin before its
// lease could run out, and pauses between two tries to become leader.
const (
	leaderLease   = 4 * time.Second
	renewEvery    = time.Second
	campaignEvery = 250 * time.Millisecond
	margin        = time.Second
)

var errDeposed = errors.New("the leader's lease was lost")

// A Leader is a candidate for one office, which at most one process of the
// installation holds at a time.
type Leader struct {
	rdb redis.UniversalClient
	key string
	me  string
	log *slog.Logger
}

// NewLeader returns a candidate for the office of that name, such as
// "scheduler". All processes that could do the same work name the same office;
// each candidate is told apart by an id of its own, and people know it by name.
func NewLeader(rdb redis.UniversalClient, office, name string, log *slog.Logger) *Leader {
	return &Leader{rdb, officeKey(office), name + "/" + uuid.NewString(), log.With("office", office)}
}

func officeKey(office string) string { return prefix + "leader:" + office }

// Leading returns the name of the candidate that was last seen to hold an
// office, and nothing if nobody does or its name is not known.
func Leading(ctx context.Context, rdb redis.UniversalClient, office string) (name string, err error) {
	holder, err := leadingScript.Run(ctx, rdb, []string{officeKey(office)}).Text()
	if err != nil {
		return "", fmt.Errorf("ask who leads %s: %w", office, err)
	}
	return nameOf(holder), nil
}

// nameOf is what people call a holder; empty if it has no name.
func nameOf(holder string) string {
	return holder[:max(0, strings.LastIndexByte(holder, '/'))]
}

// Depose takes an office from its holder as if the holder's process had died: it
// finds out within a second, when it renews its lease, and nobody is elected
// until that would have run out, 4 s at most. It returns the holder's name;
// empty if nobody led.
func Depose(ctx context.Context, rdb redis.UniversalClient, office string) (was string, err error) {
	holder, err := deposeScript.Run(ctx, rdb, []string{officeKey(office)}).Text()
	if err != nil {
		return "", fmt.Errorf("depose the leader of %s: %w", office, err)
	}
	return nameOf(holder), nil
}

// Run campaigns until ctx ends. Whenever it is elected it calls lead, whose
// context ends one second before somebody else could be elected, by this
// process's own monotonic clock. It resigns when lead has returned, and
// returns what lead returned unless the lease had been lost: then it campaigns
// again.
func (l *Leader) Run(ctx context.Context, lead func(context.Context) error) error {
	for {
		asked, ok := l.campaign(ctx)
		if !ok {
			return nil
		}
		l.log.Info("elected leader")
		err := l.term(ctx, asked, lead)
		if !errors.Is(err, errDeposed) {
			return err
		}
		l.log.Warn("leader's lease lost, campaigning again")
	}
}

// campaign returns when the lease that it won was asked for, or false when ctx
// has ended.
func (l *Leader) campaign(ctx context.Context) (asked time.Time, ok bool) {
	for ctx.Err() == nil {
		asked = time.Now()
		won, err := l.claim(ctx)
		if won {
			return asked, true
		}
		if err != nil && ctx.Err() == nil {
			l.log.Warn("campaigning for leader", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(campaignEvery):
		}
	}
	return asked, false
}

// term leads from one election until lead returns, and then resigns.
func (l *Leader) term(ctx context.Context, asked time.Time, lead func(context.Context) error) error {
	leading, depose := context.WithCancelCause(ctx)
	defer depose(nil)
	expiry := time.AfterFunc(time.Until(asked.Add(leaderLease-margin)), func() { depose(errDeposed) })
	defer expiry.Stop()
	renewing := make(chan struct{})
	go func() {
		defer close(renewing)
		l.renew(leading, expiry, depose)
	}()
	err := lead(leading)
	deposed := errors.Is(context.Cause(leading), errDeposed)
	depose(nil)
	<-renewing
	l.resign(context.WithoutCancel(ctx))
	if deposed {
		return errDeposed
	}
	return err
}

// renew extends the lease until leading ends.
func (l *Leader) renew(leading context.Context, expiry *time.Timer, depose context.CancelCauseFunc) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-leading.Done():
			return
		case <-tick.C:
		}
		asked := time.Now()
		ctx, cancel := context.WithTimeout(leading, renewEvery)
		mine, err := l.claim(ctx)
		cancel()
		switch {
		case err != nil:
			l.log.Warn("renewing the leader's lease", "err", err)
		case !mine:
			depose(errDeposed)
		case leading.Err() == nil:
			expiry.Reset(time.Until(asked.Add(leaderLease - margin)))
		}
	}
}

// claim takes or extends the lease, unless somebody else has it.
func (l *Leader) claim(ctx context.Context) (bool, error) {
	n, err := claimScript.Run(ctx, l.rdb, []string{l.key}, l.me, leaderLease.Microseconds()).Int()
	if err != nil {
		return false, fmt.Errorf("claim %s: %w", l.key, err)
	}
	return n == 1, nil
}

// resign lets the next candidate be elected at once. If it fails, the lease
// runs out.
func (l *Leader) resign(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := resignScript.Run(ctx, l.rdb, []string{l.key}, l.me).Err(); err != nil {
		l.log.Warn("resigning as leader", "err", err)
	}
}

// claimScript answers 1 if the lease now belongs to ARGV[1].
var claimScript = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until')
if lease[1] and lease[1] ~= ARGV[1] and tonumber(lease[2]) > now then return 0 end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], 86400000)
return 1
`)

// leadingScript answers who holds the lease, and the empty string if nobody does.
var leadingScript = redis.NewScript(`
local t = redis.call('TIME')
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until')
if lease[1] and tonumber(lease[2]) > t[1] * 1000000 + t[2] then return lease[1] end
return ''
`)

// deposeScript leaves the lease to nobody, and answers who had it.
var deposeScript = redis.NewScript(`
local t = redis.call('TIME')
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until')
if not lease[1] or tonumber(lease[2]) <= t[1] * 1000000 + t[2] then return '' end
redis.call('HSET', KEYS[1], 'holder', '')
return lease[1]
`)

var resignScript = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`)
