package api

import (
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// RouteNames returns "METHOD path" and the query parameters of every route.
func (a *API) RouteNames() map[string][]string {
	names := map[string][]string{}
	for _, r := range a.routes() {
		names[r.method+" "+strings.TrimSuffix(r.path, "{$}")] = r.params
	}
	return names
}

// Chain and OtherTasks are what the API takes for the tasks of syncs.
var (
	Chain      = chain
	OtherTasks = []string{planTask, sync.LinkTask, sync.UnlinkTask, sync.TermTask, sync.RekeyTask, sync.SkipTask}
)

// Pass is how the jobs of a run become its steps.
var Pass = pass
