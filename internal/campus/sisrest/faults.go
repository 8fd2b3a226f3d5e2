package sisrest

import (
	"net/http"
	"time"
)

// Faults are what goes wrong with a server. The zero value is the best that a
// careless service can be. Each count is of answers to requests for rows since
// the server began: 3 means the third, the sixth, and so on; 0 means never.
type Faults struct {
	Pages  int           // rows on a page at most, whatever is asked for; 0: 500
	Totals bool          // says how many rows there are
	Excess int           // and how many more than that; needs Totals
	Skew   time.Duration // of its clock, ahead of ours

	TokenLife  int           // answers after which a token is no longer good; 0: it always is
	BusyEvery  int           // refused with BusyStatus
	BusyStatus int           // 0: 429
	RetryAfter time.Duration // that it asks for when it is busy
	CutEvery   int           // ends in the middle

	Refuse   bool     // the credentials are not known
	Forbid   bool     // they are good for something else
	Lacks    []string // collections that it does not have: "users"
	NoFilter bool     // does not know filters, and says so
	NoSort   bool     // does not know how to sort, and says so
	Spoiled  string   // id of the row that lacks most of its fields

	// AfterPage is called when a page of a collection was answered, for the n-th
	// time since the server began.
	AfterPage func(collection string, n int)
}

// The credentials that a server knows.
const (
	ClientID     = "beadle"
	ClientSecret = "not very secret"
)

// trips makes an answer go wrong if it is its turn, and reports whether it did.
func (s *Server) trips(w http.ResponseWriter) bool {
	f := s.faults
	switch {
	case f.Forbid:
		refuse(w, http.StatusForbidden, "forbidden")
	case due(s.answered, f.BusyEvery):
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", seconds(f.RetryAfter))
		}
		refuse(w, or(f.BusyStatus, http.StatusTooManyRequests), "server_busy")
	default:
		return false
	}
	return true
}

func due(count, every int) bool { return every > 0 && count%every == 0 }
