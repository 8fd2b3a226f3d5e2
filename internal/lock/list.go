package lock

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
)

// List returns every resource that a job holds or stands in line for, in the
// order of their names: the holders, longest first, and the waiters in the
// order in which they will get it. "client/*" is everything of a client, which
// only blocking jobs hold by name: others share it unseen.
func (l *Locks) List(ctx context.Context) ([]job.Lock, error) {
	var held, waiting *redis.MapStringStringCmd
	_, err := l.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		held, waiting = p.HGetAll(ctx, prefix+"holders"), p.HGetAll(ctx, prefix+"waiters")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	all := board{}
	if err := all.addHolders(held.Val()); err != nil {
		return nil, err
	}
	if err := all.addWaiters(waiting.Val()); err != nil {
		return nil, err
	}
	return all.locks(), nil
}

// A board is what is held and waited for, by resource.
type board map[string]*job.Lock

func (b board) at(resource string) *job.Lock {
	if b[resource] == nil {
		b[resource] = &job.Lock{Resource: resource, Holders: []job.Holder{}, Waiters: []job.Waiter{}}
	}
	return b[resource]
}

func (b board) locks() []job.Lock {
	all := make([]job.Lock, 0, len(b))
	for _, name := range slices.Sorted(maps.Keys(b)) {
		slices.SortFunc(b[name].Holders, func(x, y job.Holder) int { return cmp.Compare(x.Fence, y.Fence) })
		all = append(all, *b[name])
	}
	return all
}

func (b board) addHolders(records map[string]string) error {
	for id, raw := range records {
		h, names, err := parseHolder(id, raw)
		if err != nil {
			return err
		}
		for _, name := range names {
			h.Resource, h.Mode = name[1:], modes[name[0]]
			if name == "b" {
				h.Resource, h.Mode = everything(h.Client), modes['w']
			}
			lock := b.at(h.Resource)
			lock.Holders = append(lock.Holders, h)
		}
	}
	return nil
}

// modes are what the first letter of a name in a holder's record means.
var modes = map[byte]string{'r': "read", 'w': "write"}

// everything is the name of all that a client has; of the whole platform, if
// client is empty.
func everything(client string) string { return client + "/*" }

// parseHolder reads the record of a holder: its resources, each after a letter
// and before a tab ("b" is a blocking job), then one line each for task,
// client, worker, fence and since.
func parseHolder(id, raw string) (h job.Holder, names []string, err error) {
	part := strings.Split(raw, "\n")
	if len(part) != 6 {
		return h, nil, fmt.Errorf("read what job %s holds: %q is no record", id, raw)
	}
	h = job.Holder{JobID: id, Task: part[1], Client: part[2], Worker: part[3]}
	if h.Fence, err = strconv.ParseInt(part[4], 10, 64); err != nil {
		return h, nil, fmt.Errorf("read the fence of job %s: %w", id, err)
	}
	if h.Since, err = parseMicro(part[5]); err != nil {
		return h, nil, fmt.Errorf("read since when job %s holds: %w", id, err)
	}
	return h, strings.FieldsFunc(part[0], func(r rune) bool { return r == '\t' }), nil
}

func parseMicro(text string) (time.Time, error) {
	us, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMicro(us).UTC(), err
}

// A waiter is the record of a job in line.
type waiter struct {
	ID     string   `json:"-"`
	Ticket int64    `json:"ticket,string"`
	Since  string   `json:"since"`
	Task   string   `json:"task"`
	Client string   `json:"client"`
	Wants  string   `json:"wants"`
	Locks  bool     `json:"locks"`  // it stands in the lines of its resources
	Places []string `json:"places"` // the limits under which it waits for a place
	Called string   `json:"called"` // when it was told that it may go; empty: it was not
}

func parseWaiter(id, raw string) (w waiter, err error) {
	if err := json.Unmarshal([]byte(raw), &w); err != nil {
		return w, fmt.Errorf("read what job %s waits for: %w", id, err)
	}
	w.ID = id
	return w, nil
}

func (b board) addWaiters(records map[string]string) error {
	var line []waiter
	for id, raw := range records {
		w, err := parseWaiter(id, raw)
		if err != nil {
			return err
		}
		line = append(line, w)
	}
	slices.SortFunc(line, func(x, y waiter) int { return cmp.Compare(x.Ticket, y.Ticket) })
	for _, w := range line {
		if err := b.addWaiter(w); err != nil {
			return err
		}
	}
	return nil
}

func (b board) addWaiter(w waiter) error {
	var wants job.Wants
	if w.Wants != "" {
		if err := json.Unmarshal([]byte(w.Wants), &wants); err != nil {
			return fmt.Errorf("read what job %s wants: %w", w.ID, err)
		}
	}
	since, err := parseMicro(w.Since)
	if err != nil {
		return fmt.Errorf("read since when job %s waits: %w", w.ID, err)
	}
	if !w.Locks {
		return nil // for a place under a limit only
	}
	add := func(resource, mode string) {
		lock := b.at(resource)
		lock.Waiters = append(lock.Waiters, job.Waiter{JobID: w.ID, Task: w.Task, Client: w.Client, Mode: mode, Since: since})
	}
	for _, name := range wants.Writes {
		add(name, "write")
	}
	for _, name := range wants.Reads {
		if !slices.Contains(wants.Writes, name) {
			add(name, "read")
		}
	}
	switch {
	case wants.Blocking:
		add(everything(w.Client), "write")
	case len(wants.Reads)+len(wants.Writes) == 0:
		add(everything(w.Client), "read") // it waits for a blocking job, or would not be here
	}
	return nil
}
