package lock

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

func client(t testing.TB, addr string) *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

// bridge calls functions of the library by name: ARGV[1] is a JSON list of
// calls, each {function, arguments…}; it answers a JSON list of lists.
const bridge = Library + `
local out = {}
for i, c in ipairs(cjson.decode(ARGV[1])) do
  local f = table.remove(c, 1)
  out[i] = {lock[f](unpack(c))}
  if out[i][1] == nil then out[i][1] = false end
end
lock.flush()
return cjson.encode(out)
`

var bridgeScript = redis.NewScript(bridge)

// A lua calls the library in tests.
type lua struct {
	TB interface {
		Helper()
		Fatal(...any)
		Fatalf(string, ...any)
	}
	rdb redis.UniversalClient
}

type who struct {
	Task   string  `json:"task"`
	Client string  `json:"client"`
	Queue  string  `json:"queue"`
	Worker string  `json:"worker"`
	Wants  *string `json:"wants,omitempty"`
}

// A reason is why a job was refused; the times are µs, and ms for due and back.
type reason struct {
	Kind, Name, Holder, Task, Place string
	Since, Due, Back                float64
}

// calls makes calls in one script and returns what each answered.
func (l lua) calls(calls ...[]any) [][]json.RawMessage {
	l.TB.Helper()
	text, err := json.Marshal(calls)
	if err != nil {
		l.TB.Fatal(err)
	}
	reply, err := bridgeScript.Run(context.Background(), l.rdb, nil, string(text)).Text()
	if err != nil {
		l.TB.Fatalf("%s: %v", text, err)
	}
	var out [][]json.RawMessage
	if err := json.Unmarshal([]byte(reply), &out); err != nil {
		l.TB.Fatalf("%s: %v", reply, err)
	}
	return out
}

func on(f string, args ...any) []any { return append([]any{f}, args...) }

// call makes one call and reads its first answer into v, unless that is nil.
func (l lua) call(v any, f string, args ...any) {
	l.TB.Helper()
	answer := l.calls(on(f, args...))[0][0]
	if v == nil {
		return
	}
	if string(answer) == "{}" { // an empty table, which Lua cannot tell from a list
		answer = nil
	}
	if err := json.Unmarshal(answer, v); err != nil && answer != nil {
		l.TB.Fatalf("%s answered %s: %v", f, answer, err)
	}
}

// north is who asks in most tests.
var north = who{Task: "sis.pull", Client: "north", Queue: "sis", Worker: "w"}

func (w who) wanting(wants string) who {
	w.Wants = &wants
	return w
}

// try returns why the job was refused; the zero reason if it was granted.
func (l lua) try(id string, w who, wants string) (why reason) {
	l.TB.Helper()
	answer := l.calls(on("try", id, w, wants))[0]
	if len(answer) < 2 {
		return why
	}
	if err := json.Unmarshal(answer[1], &why); err != nil {
		l.TB.Fatal(err)
	}
	return why
}

// gives gives back and returns the ids of those that may go now.
func (l lua) gives(id string, w who) []string {
	l.TB.Helper()
	return l.ids(l.calls(on("give", id, w), on("call"))[1][0])
}

func (l lua) sweeps() []string {
	l.TB.Helper()
	return l.ids(l.calls(on("sweep"))[0][0])
}

// ids reads the answer of lock.call and lock.sweep.
func (l lua) ids(answer json.RawMessage) (ids []string) {
	l.TB.Helper()
	var called [][3]string
	if string(answer) != "{}" {
		if err := json.Unmarshal(answer, &called); err != nil {
			l.TB.Fatalf("called %s: %v", answer, err)
		}
	}
	for _, c := range called {
		ids = append(ids, c[0])
	}
	return ids
}

// A clock is a Redis whose time only moves when told to.
type clock struct {
	lua
	server *miniredis.Miniredis
	at     time.Time
}

func stopped(t *testing.T) *clock {
	m := miniredis.RunT(t)
	c := &clock{lua{t, client(t, m.Addr())}, m, time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}
	m.SetTime(c.at)
	return c
}

func (c *clock) passes(d time.Duration) {
	c.at = c.at.Add(d)
	c.server.SetTime(c.at)
	c.server.FastForward(d)
}

// after says how long from now that time of a reason is.
func (c *clock) after(ms float64) time.Duration {
	return time.UnixMilli(int64(ms)).Sub(c.at)
}

// everywhere runs test on a real Redis and on the embedded one.
func everywhere(t *testing.T, test func(*testing.T, lua)) {
	t.Run("real", func(t *testing.T) { test(t, lua{t, client(t, testservers.Redis(t))}) })
	t.Run("embedded", func(t *testing.T) { test(t, lua{t, client(t, miniredis.RunT(t).Addr())}) })
}
