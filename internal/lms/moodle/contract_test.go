package moodle_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestKeepsThePromisesOfATarget(t *testing.T) {
	sistest.Target(t, func(t testing.TB) sis.Target {
		return target(t, moodlesim.New(moodlesim.Options{Token: secret}), moodle.Config{Token: secret})
	})
}

func TestKeepsThemWhileMoodleIsInTrouble(t *testing.T) {
	sistest.Target(t, func(t testing.TB) sis.Target {
		site := moodlesim.New(moodlesim.Options{Token: secret})
		site.SetFaults(moodlesim.Faults{CutEvery: 3, BusyEvery: 7, CollideEvery: 5})
		return target(t, site, moodle.Config{Token: secret})
	})
}
