package tally_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth/tally"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func TestSoMuchIsAllowedInAWhile(t *testing.T) {
	c := tally.New(2, time.Minute)
	for i, want := range []bool{true, true, false} {
		if got := c.Another("ada", noon); got != want {
			t.Errorf("the %d-th is allowed: %t", i+1, got)
		}
	}
	if !c.Full("ada", noon) || c.Full("kim", noon) {
		t.Error("what one does counts for the other")
	}
	if left := c.Left(noon.Add(20 * time.Second)); left != 40*time.Second {
		t.Errorf("it takes another %s", left)
	}
	if !c.Another("ada", noon.Add(time.Minute)) {
		t.Error("nothing is forgotten after a minute")
	}
}

func TestWhatIsForgivenDoesNotCount(t *testing.T) {
	c := tally.New(1, time.Minute)
	for range 5 {
		if !c.Another("ada", noon) {
			t.Fatal("refused")
		}
		c.Forgive("ada", noon)
	}
}

func TestEverNewNamesCountAsOneInTheEnd(t *testing.T) {
	c := tally.New(3, time.Minute)
	allowed := 0
	for i := range 20_000 {
		if c.Another(fmt.Sprint(i), noon) {
			allowed++
		}
	}
	if allowed > 10_003 {
		t.Errorf("%d were allowed", allowed)
	}
}

func TestAPlaceIsWhatOneCustomerHas(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:1234": "192.0.2.7", "192.0.2.7": "192.0.2.7", "[::ffff:192.0.2.7]:80": "192.0.2.7",
		"[2001:db8:1:2::1]:80": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::9": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64",
		"@": "@", "": "",
	} {
		if got := tally.Place(address); got != want {
			t.Errorf("Place(%q) = %q, want %q", address, got, want)
		}
	}
}
