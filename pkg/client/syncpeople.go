package client

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// A PersonFile is all that is kept about one person of the SIS.
type PersonFile = sync.PersonFile

// An Erasure is what was removed of a person.
type Erasure = sync.Erasure

// SyncPerson returns all that is kept about a person.
func (c *Client) SyncPerson(ctx context.Context, sync, person string) (PersonFile, error) {
	return get[PersonFile](ctx, c, path("syncs", sync, "people", person), nil)
}

// ErasePerson removes name, e-mail and username of a person whom the SIS does
// not send any more, for that reason.
func (c *Client) ErasePerson(ctx context.Context, sync, person, reason string) (Erasure, error) {
	return remove[Erasure](ctx, c, path("syncs", sync, "people", person), reason)
}
