package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth/tally"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// openPerMinute is how often one address may ask in a minute for what is open to
// those who have not logged in, but for probes and the files of the pages. Wrong
// logins are counted besides, by the door.
const openPerMinute = 300

// paced refuses an address that asks too often for what is open.
func (o GuardOptions) paced(next http.Handler) http.Handler {
	asked := tally.New(openPerMinute, time.Minute)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if now := time.Now(); o.asks() && isPaced(r.URL.Path) && !asked.Another(tally.Place(r.RemoteAddr), now) {
			f := fault.New(fault.Unavailable, "Your address asks too often; try again in a minute.")
			f.After = asked.Left(now)
			refuse(w, http.StatusTooManyRequests, f)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isPaced(path string) bool {
	return isOpen(path) && !isProbe(path) && !strings.HasPrefix(path, "/static/")
}

// bounded lets nobody send a body that is longer than anything here takes: what
// does not fit is not read.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := int64(maxBody + 1) // so that those behind can tell what is too long
		if r.URL.Path == "/api/v1/jobs:batch" {
			most = client.MaxBatchBytes
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		next.ServeHTTP(w, r)
	})
}
