package api

import (
	"context"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// actor is what jobs, histories and the audit call the sender of a request.
func actor(ctx context.Context) string { return auth.Of(ctx).Name }

// as returns r as w sent it.
func as(r *http.Request, w auth.Who) *http.Request { return r.WithContext(auth.With(r.Context(), w)) }
