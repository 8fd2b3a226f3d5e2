package app_test

import (
	"errors"
	"testing"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestWhoStartsAProcessSeesTheCause(t *testing.T) {
	cause := errors.New("connection refused")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("disk on fire"), "disk on fire"},
		{fault.New(fault.Invalid, "listen is empty."), "listen is empty."},
		{fault.New(fault.Unavailable, "Redis does not answer.").Because(cause), "Redis does not answer: connection refused"},
	} {
		if got := app.Sentence(tt.err); got != tt.want {
			t.Errorf("Sentence(%v) = %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestWithoutATokenOnlyLoopbackIsServed(t *testing.T) {
	for addr, open := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "[::1]:0": true,
		"0.0.0.0:0": false, ":0": false, "[::]:0": false, "192.0.2.1:0": false, "nonsense": false,
	} {
		l, err := app.Listen(addr, false)
		if open && err != nil {
			// A machine may lack IPv6; it must not be for want of a token.
			if fault.KindOf(err) == fault.Invalid {
				t.Errorf("%s: %v", addr, err)
			}
			continue
		}
		if !open && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error = %v, want an invalid one", addr, err)
		}
		if l != nil {
			l.Close()
		}
	}
}
