package roster_test

import (
	"bytes"
	"testing"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/seal"
	"github.com/beadle-jobs/beadle/internal/sync"
)

func TestAllMessagesAreSealedWithTheNewestKey(t *testing.T) {
	t.Parallel()
	c := newCampus(t, small(), newLMS())
	c.must(roster.Args{})
	ring, err := seal.NewRing(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	c.ledger.SealMessages(ring)
	all, err := c.ledger.SISMessages(t.Context(), sync.MessageFilter{Sync: "main"})
	if err != nil {
		t.Fatal(err)
	}

	o := c.follow(roster.SealAgain, roster.SealArgs{})

	if o.err != nil || o.progress[roster.SealAgain].Changed != int64(len(all)) {
		t.Errorf("%v, %+v; want %d sealed", o.err, o.progress, len(all))
	}
	c.ledger.SealMessages(seal.Ring{})
	if _, err := c.ledger.SISMessages(t.Context(), sync.MessageFilter{Sync: "main"}); err == nil {
		t.Error("messages can be read without the key")
	}
}
