package apitest

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// As returns h behind a door that takes every request for one of w.
func As(w auth.Who, h http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(out, r.WithContext(auth.With(r.Context(), w)))
	})
}
