package lock

import (
	"context"
	"encoding/json"
	"os"

	"github.com/redis/go-redis/v9"
)

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

type reason struct {
	Kind, Name, Holder, Task string
	Since, Due, Back         float64
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
	if os.Getenv("LOCK_TRACE") != "" {
		println(string(text), reply)
	}
	var out [][]json.RawMessage
	if err := json.Unmarshal([]byte(reply), &out); err != nil {
		l.TB.Fatalf("%s: %v", reply, err)
	}
	return out
}

func on(f string, args ...any) []any { return append([]any{f}, args...) }
