package web

import (
	"net/url"

	"github.com/beadle-jobs/beadle/internal/job"
)

// follow returns where a page hears of the jobs that it shows; empty, if this
// server tells nothing live, and the page asks again and again.
func (s *server) follow(f job.Filter) string {
	if !s.Live {
		return ""
	}
	q := url.Values{}
	for _, state := range f.States {
		q.Add("state", string(state))
	}
	for name, value := range map[string]string{"task": f.Task, "client": f.Client, "owner": f.Owner, "root": f.Root, "schedule": f.Schedule} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/api/v1/events?" + q.Encode()
}
