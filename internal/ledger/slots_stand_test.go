package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)
