package lock

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// What one job may want at most. A period is bounded because the starts within
// it are remembered.
const (
	mostNames  = 100
	mostStarts = 1_000_000
	longest    = 31 * 24 * time.Hour
)

// CheckWants reports what is wrong with w as [fault.Invalid], with the field
// at fault: "reads", "writes" or "rates".
func CheckWants(w job.Wants) error {
	if n := len(w.Reads) + len(w.Writes) + len(w.Rates); n > mostNames {
		return fault.New(fault.Invalid, "A job may name %d resources and rates at most, not %d.", mostNames, n).In(fullest(w))
	}
	if err := checkEach("reads", "A resource", w.Reads); err != nil {
		return err
	}
	if err := checkEach("writes", "A resource", w.Writes); err != nil {
		return err
	}
	for _, rate := range w.Rates {
		if err := checkRate(rate); err != nil {
			return err
		}
	}
	return nil
}

func fullest(w job.Wants) string {
	switch most := max(len(w.Reads), len(w.Writes), len(w.Rates)); most {
	case len(w.Reads):
		return "reads"
	case len(w.Writes):
		return "writes"
	}
	return "rates"
}

func checkEach(field, what string, names []string) error {
	for _, name := range names {
		if err := checkName(field, what, name); err != nil {
			return err
		}
	}
	return nil
}

// checkName refuses what could not be told apart where names are kept, or
// would not fit on a page.
func checkName(field, what, name string) error {
	switch {
	case name == "":
		return fault.New(fault.Invalid, "%s needs a name.", what).In(field)
	case len(name) > maxName:
		return fault.New(fault.Invalid, "The name %.40s… is longer than %d bytes.", name, maxName).In(field)
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] == 0x7f {
			return fault.New(fault.Invalid, "The name %q has a control character.", name).In(field)
		}
	}
	return nil
}

func checkRate(rate job.Rate) error {
	if err := checkName("rates", "A rate", rate.Key); err != nil {
		return err
	}
	switch {
	case rate.Count < 1 || rate.Count > mostStarts:
		return fault.New(fault.Invalid, "The rate %s allows %d starts; it must be between 1 and %d.", rate.Key, rate.Count, mostStarts).In("rates")
	case rate.Per <= 0 || rate.Per > longest:
		return fault.New(fault.Invalid, "The rate %s counts in %s; it must be longer than 0 and at most 31 days.", rate.Key, rate.Per).In("rates")
	}
	return nil
}
