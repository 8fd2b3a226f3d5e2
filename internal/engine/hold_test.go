package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// holds is a hold of six seconds in a worker without Redis.
func holds() *hold {
	w := &Worker{holds: map[string]*hold{}}
	return w.hold("j", job.Grant{Fence: 1, Lease: lock.Lease}, time.Now())
}

func TestWorkEndsOneSecondBeforeTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, began := holds(), time.Now()
		<-h.work.Done()
		if after := time.Since(began); after != 5*time.Second || !errors.Is(context.Cause(h.work), errLeaseLost) {
			t.Errorf("ended after %s because %v", after, context.Cause(h.work))
		}
	})
}

func TestARenewalCountsFromWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, began := holds(), time.Now()
		time.Sleep(4 * time.Second)
		h.extend(began.Add(2 * time.Second)) // the reply took two seconds
		<-h.work.Done()
		if after := time.Since(began); after != 7*time.Second {
			t.Errorf("ended after %s, want 7s", after)
		}
	})
}

func TestALostLeaseStaysLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := holds()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		h.extend(time.Now())
		if h.lease.Err() == nil {
			t.Error("a late renewal revived a lease")
		}
	})
}
