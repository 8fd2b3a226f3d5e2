package app

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/seal"
)

// OpenLedger opens the ledger that the settings name, with the keys that seal
// what the SIS says about people.
func OpenLedger(ctx context.Context, c config.Config) (*ledger.Ledger, error) {
	keys, err := c.Keys()
	if err != nil {
		return nil, err
	}
	ring, err := seal.NewRing(keys...)
	if err != nil {
		return nil, err
	}
	location, err := c.LedgerURL()
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, location)
	if err != nil {
		return nil, err
	}
	l.SealMessages(ring)
	return l, nil
}
