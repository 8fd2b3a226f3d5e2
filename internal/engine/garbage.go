package engine

import (
	"os"
	"runtime/debug"
)

// CollectLess suits a process to what a worker does: it makes much garbage and
// keeps little, so that with Go's own setting a tenth of its time would go
// into looking for it. Garbage may grow to four times what is in use, unless
// the environment sets GOGC. The returned function takes that back.
func CollectLess() (undo func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	was := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(was) }
}
