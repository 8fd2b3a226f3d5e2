package api

import (
	"context"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// PersonLedger is the record of what is kept about people.
type PersonLedger interface {
	SISPerson(ctx context.Context, sync, person string) (sync.PersonFile, error)
	EraseSISPerson(ctx context.Context, sync, person string) (sync.Erasure, error)
}

// syncPerson serves GET /api/v1/syncs/{name}/people/{person}: all that is kept.
func (a *API) syncPerson(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	f, err := a.Ledger.SISPerson(r.Context(), s.Name, r.PathValue("person"))
	if err != nil {
		return err
	}
	f.Registrations, f.Enrolments, f.Messages = orEmpty(f.Registrations), orEmpty(f.Enrolments), orEmpty(f.Messages)
	f.Attendance, f.Seen = orEmpty(f.Attendance), orEmpty(f.Seen)
	return reply(w, http.StatusOK, f)
}

// erasePerson serves DELETE /api/v1/syncs/{name}/people/{person}.
func (a *API) erasePerson(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	e, err := a.Ledger.EraseSISPerson(r.Context(), s.Name, r.PathValue("person"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, e)
}
