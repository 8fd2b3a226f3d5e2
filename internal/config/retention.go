package config

import "github.com/beadle-jobs/beadle/internal/job"

// Retention is how long jobs that have ended are kept, where no rule that people
// have set says otherwise: days such as 400d, or forever, which is what counts
// until somebody decides. What the scheduler that leads has counts.
type Retention struct {
	Jobs   job.Keep `yaml:"jobs" env:"JOBS"`
	Errors job.Keep `yaml:"errors" env:"ERRORS"` // of their records; never longer than the job
	Logs   job.Keep `yaml:"logs" env:"LOGS"`     // never longer than the job
}

// Base returns the retention that rules are set over.
func (r Retention) Base() job.Retention {
	return job.Retention{Jobs: r.Jobs, Errors: r.Errors, Logs: r.Logs}
}
