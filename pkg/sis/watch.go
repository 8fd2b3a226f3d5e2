package sis

import "context"

// A Watch is told of each call that a connector makes to its system, when it
// begins; what it returns is told once how it ended. The operation is one of the
// few names that the system or the connector has for what it does, such as
// "core_user_create_users": never an id or an address. A Watch may be called by
// several goroutines at once.
type Watch func(ctx context.Context, operation string) (ended func(error))

// Begin tells w of a call. A nil Watch is told nothing.
func (w Watch) Begin(ctx context.Context, operation string) (ended func(error)) {
	if w == nil {
		return func(error) {}
	}
	return w(ctx, operation)
}

// Watches returns one that tells all of them.
func Watches(all ...Watch) Watch {
	return func(ctx context.Context, operation string) func(error) {
		ends := make([]func(error), len(all))
		for i, w := range all {
			ends[i] = w.Begin(ctx, operation)
		}
		return func(err error) {
			for _, end := range ends {
				end(err)
			}
		}
	}
}
