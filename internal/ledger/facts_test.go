package ledger_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestALedgerSaysWhatItIs(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		f, err := l.Facts(t.Context())
		if err != nil || !f.Answers || f.Kind != l.Kind() || f.Version == "" || f.Size == nil || *f.Size < 4096 || f.Migration == nil || *f.Migration < 16 {
			t.Errorf("it says %+v, %v", f, err)
		}
	})
}
