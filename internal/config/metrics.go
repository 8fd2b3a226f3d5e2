package config

// Metrics bounds what Prometheus is told: what is beyond is counted as "other".
type Metrics struct {
	Series    int `yaml:"series" env:"SERIES"`       // combinations of task, client and queue
	Schedules int `yaml:"schedules" env:"SCHEDULES"` // that are told apart
}

func (m Metrics) validate(say func(format string, args ...any)) {
	if m.Series < 10 || m.Series > 100_000 {
		say("metrics.series is %d: it must be 10 to 100000", m.Series)
	}
	if m.Schedules < 1 || m.Schedules > 100_000 {
		say("metrics.schedules is %d: it must be 1 to 100000", m.Schedules)
	}
}
