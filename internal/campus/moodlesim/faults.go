package moodlesim

import (
	"fmt"
	"html"
	"net/http"
	"time"
)

// A Mode is a state in which a whole Moodle refuses to talk.
type Mode string

// The modes.
const (
	Healthy            Mode = ""
	MaintenanceByAdmin Mode = "maintenance by admin" // set on the administration page: 200, sitemaintenance
	MaintenanceByCLI   Mode = "maintenance by cli"   // set by the command line: 503 and a page
	ServicesOff        Mode = "web services off"     // or the REST protocol: 403 and nothing
	DatabaseDown       Mode = "database down"        // 200, dbconnectionfailed
	GatewayDown        Mode = "gateway down"         // 502 of the web server in front
	AccessRefused      Mode = "access refused"       // service disabled, user or address not allowed
	UserSuspended      Mode = "user suspended"       // the service user
	TokenExpired       Mode = "token expired"        // accessexception once, then it is TokenGone
	TokenGone          Mode = "token gone"           // invalidtoken
	MissingCapability  Mode = "missing capability"   // of the service user, to write
)

// Fail puts the site in that mode until it is put in another.
func (s *Site) Fail(mode Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
}

// Faults make single calls go wrong. Each count is of calls since the faults
// were set: 3 means the third, the sixth, and so on; 0 means never.
type Faults struct {
	Latency      time.Duration // before each answer
	CutEvery     int           // of calls that write: done, and then cut off without an answer
	BusyEvery    int           // of all calls: 503 with a page, and not done
	CollideEvery int           // of calls that write: dmlwriteexception, and not done
}

// SetFaults replaces the faults and begins their counts anew.
func (s *Site) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.served, s.written = f, 0, 0
}

// trip counts one more call and makes it go wrong if it is its turn.
func (s *Site) trip(writes bool, out *outcome) {
	s.served++
	if due(s.served, s.faults.BusyEvery) {
		out.page = page(http.StatusServiceUnavailable, "Service Temporarily Unavailable")
	}
	if !writes {
		return
	}
	s.written++
	out.cut = out.page == nil && due(s.written, s.faults.CutEvery)
	if due(s.written, s.faults.CollideEvery) {
		out.refusal = errWrite
	}
}

func due(count, every int) bool { return every > 0 && count%every == 0 }

var errCapability = denied("Create users")

// refusal returns what every call is answered in that mode, if it gets so far
// that Moodle answers.
func (m Mode) refusal() *exception {
	switch m {
	case MaintenanceByAdmin:
		return refuse("sitemaintenance", "The site is undergoing maintenance and is currently not available")
	case DatabaseDown:
		return &exception{class: "dml_connection_exception", code: "dbconnectionfailed", message: databaseDown}
	case AccessRefused, TokenExpired:
		return errAccess
	case UserSuspended:
		return refuse("wsaccessusersuspended", "Refused web service access for suspended username: svc_sis")
	case TokenGone:
		return errToken
	default:
		return nil
	}
}

const databaseDown = "<p>Error: Database connection failed</p>\n" +
	"<p>It is possible that the database is overloaded or otherwise not running properly.</p>\n" +
	"<p>The site administrator should also check that the database details have been correctly specified in config.php</p>"

// next returns the mode after a refused call: Moodle deletes an expired token
// when it is used.
func (m Mode) next() Mode {
	if m == TokenExpired {
		return TokenGone
	}
	return m
}

// page returns what answers in Moodle's place in that mode.
func (m Mode) page(site string) func(http.ResponseWriter) {
	switch m {
	case MaintenanceByCLI:
		return page(http.StatusServiceUnavailable, html.EscapeString(site)+" under maintenance")
	case GatewayDown:
		return page(http.StatusBadGateway, "502 Bad Gateway")
	case ServicesOff:
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
		}
	default:
		return nil
	}
}

func page(status int, title string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%[1]s</title></head><body><h1>%[1]s</h1></body></html>\n", title)
	}
}
