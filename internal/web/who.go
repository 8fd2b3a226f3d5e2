package web

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// actor is what jobs, histories and the audit call who looks at the pages.
func actor(ctx context.Context) string { return auth.Of(ctx).Name }
