package engine

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The keys of processes.
const (
	processesKey = prefix + "processes" // zset: names, by the ms at which they are gone
	levelsKey    = prefix + "levels"    // hash: name or * -> job.LevelWish
)

func processKey(name string) string { return prefix + "process:" + name }

// attendEvery is how often a process describes itself and looks what people want
// it to log; processTTL is how long it is listed.
const (
	attendEvery = 2 * time.Second
	processTTL  = 10 * time.Second
)

// everyProcess stands for all of them.
const everyProcess = "*"

// A LogLevel is the least that a process logs.
type LogLevel interface {
	Level() slog.Level
	// Until is when the level goes back to that of the settings; zero if it is
	// that.
	Until() time.Time
	// Set makes it another one until then.
	Set(level slog.Level, until time.Time)
}

// Attend lists a process, by its name and kind, and has it log what people want,
// until ctx ends. It hears of a wish within two seconds. Without Redis it goes
// on as it is, and a level that was to go back does.
func (e *Engine) Attend(ctx context.Context, p job.Process, level LogLevel) {
	a := attendance{engine: e, self: p, level: level}
	for ctx.Err() == nil {
		if err := a.meet(ctx); err != nil && ctx.Err() == nil {
			e.log.DebugContext(ctx, "process not listed", "err", err)
		}
		sleep(ctx, attendEvery)
	}
}

// attendance is that of one process.
type attendance struct {
	engine *Engine
	self   job.Process
	level  LogLevel
	wish   job.LevelWish // that was followed last
}

// meet looks what is wanted, follows, and describes the process.
func (a *attendance) meet(ctx context.Context) error {
	e := a.engine
	wishes, err := e.rdb.HMGet(ctx, levelsKey, a.self.Name, everyProcess).Result()
	if err != nil {
		return wrap(err, "read the log levels")
	}
	a.follow(ctx, a.wanted(wishes))
	now := e.now()
	a.self.LogLevel, a.self.Seen, a.self.Until = levelName(a.level.Level()), now, nil
	if !a.level.Until().IsZero() {
		a.self.Until = new(a.wish.Until)
	}
	_, err = e.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, processKey(a.self.Name), encode(a.self), processTTL)
		p.ZAdd(ctx, processesKey, redis.Z{Score: float64(now.Add(processTTL).UnixMilli()), Member: a.self.Name})
		return nil
	})
	return wrap(err, "list the process %s", a.self.Name)
}

// wanted is the wish for this process, or else for all; none that is over.
func (a *attendance) wanted(wishes []any) (w job.LevelWish) {
	for _, raw := range wishes {
		text, ok := raw.(string)
		if !ok || json.Unmarshal([]byte(text), &w) != nil {
			continue
		}
		if w.Until.After(a.engine.now()) {
			return w
		}
	}
	return job.LevelWish{}
}

// follow has the process log as people want.
func (a *attendance) follow(ctx context.Context, w job.LevelWish) {
	if w == a.wish {
		return
	}
	was := a.level.Level()
	a.wish, a.self.By = w, w.By
	level, ok := levelOf(w.Level)
	if !ok {
		a.level.Set(was, time.Time{})
	} else {
		a.level.Set(level, w.Until.Add(-a.engine.clock.ahead()))
	}
	if now := a.level.Level(); now != was {
		a.engine.log.InfoContext(ctx, "the log level was changed", "level", levelName(now), "was", levelName(was), "by", w.By)
	}
}

// levelOf reads a level; it is not one if it is that of the settings.
func levelOf(name string) (level slog.Level, ok bool) {
	return level, name != job.DefaultLevel && level.UnmarshalText([]byte(name)) == nil
}

func levelName(l slog.Level) string { return strings.ToLower(l.String()) }

// Processes returns the schedulers and workers that live, by name.
func (e *Engine) Processes(ctx context.Context) ([]job.Process, error) {
	now := strconv.FormatInt(e.now().UnixMilli(), 10)
	if err := e.rdb.ZRemRangeByScore(ctx, processesKey, "-inf", now).Err(); err != nil {
		return nil, wrap(err, "list the processes")
	}
	names, err := e.rdb.ZRange(ctx, processesKey, 0, -1).Result()
	if err != nil {
		return nil, wrap(err, "list the processes")
	}
	slices.Sort(names)
	all := make([]job.Process, 0, len(names))
	for _, name := range names {
		raw, err := e.rdb.Get(ctx, processKey(name)).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, wrap(err, "read the process %s", name)
		}
		var p job.Process
		if err := json.Unmarshal([]byte(raw), &p); err != nil {
			return nil, wrap(err, "read the process %s", name)
		}
		all = append(all, p)
	}
	return all, nil
}

// SetLogLevel has a process log at that level for a while, or all of them if its
// name is empty. It follows within two seconds, and goes back by itself.
// [job.DefaultLevel] takes it back at once. What was wanted of it before, or of
// any if it is for all, is forgotten.
func (e *Engine) SetLogLevel(ctx context.Context, process, level string, lasts time.Duration, by string) error {
	name := first(process, everyProcess)
	if err := e.knowsProcess(ctx, process); err != nil {
		return err
	}
	wish := encode(job.LevelWish{Level: level, Until: e.now().Add(lasts), By: by})
	_, err := e.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if process == "" {
			p.Del(ctx, levelsKey)
		}
		p.HSet(ctx, levelsKey, name, wish)
		p.Expire(ctx, levelsKey, job.MaxLevelTime)
		return nil
	})
	return wrap(err, "set the log level")
}

// knowsProcess refuses a name that no living process has.
func (e *Engine) knowsProcess(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	n, err := e.rdb.Exists(ctx, processKey(name)).Result()
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "There is no process %s; jobctl log-level lists those that live.", name).In("process")
	}
	return wrap(err, "look for the process %s", name)
}
