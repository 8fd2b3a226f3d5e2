package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

type holdPage struct {
	frame
	Hold    job.Hold
	Kinds   []string // what a hold may be on
	Mistake string
}

func (s *server) showHold(w http.ResponseWriter, r *http.Request, status int, template string, page holdPage) (err error) {
	if page.frame, err = s.frame(r.Context(), "Hold", "system"); err != nil {
		return err
	}
	page.Kinds = job.HoldKinds
	return s.render(w, r, status, template, page)
}

// newHold serves GET /retention/hold: what keeps jobs whatever the rules say.
func (s *server) newHold(w http.ResponseWriter, r *http.Request) error {
	return s.showHold(w, r, http.StatusOK, "hold", holdPage{Hold: job.Hold{On: r.FormValue("on"), Of: r.FormValue("of")}})
}

// putHold serves POST /retention/hold.
func (s *server) putHold(w http.ResponseWriter, r *http.Request) error {
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	hold := job.Hold{Name: text("name"), On: text("on"), Of: text("of"), Reason: text("reason")}
	_, _, err := s.Retention.PutHold(r.Context(), hold)
	if err == nil {
		http.Redirect(w, r, "/retention#holds", http.StatusSeeOther)
		return nil
	}
	mistake, status, ok := mistakeOf(err)
	if !ok {
		return fmt.Errorf("set hold: %w", err)
	}
	return s.showHold(w, r, status, "hold", holdPage{Hold: hold, Mistake: mistake})
}

// askLift serves GET /retention/lift, which asks and does nothing.
func (s *server) askLift(w http.ResponseWriter, r *http.Request) error {
	hold, err := s.Retention.Hold(r.Context(), r.FormValue("name"))
	if err != nil {
		return fmt.Errorf("read hold: %w", err)
	}
	return s.showHold(w, r, http.StatusOK, "lift-hold", holdPage{Hold: hold})
}

// liftHold serves POST /retention/lift.
func (s *server) liftHold(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Retention.LiftHold(r.Context(), r.PostFormValue("name"), strings.TrimSpace(r.PostFormValue("reason"))); err != nil {
		return fmt.Errorf("lift hold: %w", err)
	}
	http.Redirect(w, r, "/retention#holds", http.StatusSeeOther)
	return nil
}
