package config

import "math"

// Traces say where processes tell what became of each job, for a tracing system
// to show. Without an endpoint they tell nobody.
type Traces struct {
	Endpoint string  `yaml:"endpoint" env:"ENDPOINT"` // of OTLP over HTTP: http://collector:4318
	Ratio    float64 `yaml:"ratio" env:"RATIO"`       // of the traces that begin here which are kept, from 0 to 1
}

func (t Traces) validate(say func(format string, args ...any)) {
	if t.Endpoint != "" && !isSite(t.Endpoint) {
		say("traces.endpoint is %q: it must be an address such as http://collector.example.edu:4318", t.Endpoint)
	}
	if math.IsNaN(t.Ratio) || t.Ratio < 0 || t.Ratio > 1 {
		say("traces.ratio is %v: it must be 0 to 1", t.Ratio)
	}
}
