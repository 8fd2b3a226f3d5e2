package reference_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestKeepsThePromisesOfATarget(t *testing.T) {
	sistest.Target(t, func(testing.TB) sis.Target { return reference.New() })
}
