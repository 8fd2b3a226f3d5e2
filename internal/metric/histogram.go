package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of classic buckets, in seconds.
var (
	durations = []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 900, 1800, 3600, 14400} // from a mail to a night
	waits     = []float64{.005, .05, .25, 1, 5, 15, 60, 300, 1800, 7200, 43200}
	lags      = []float64{.005, .01, .05, .1, .5, 1, 2, 5, 10, 60, 600, 3600}
	answers   = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
)

// distribution is a histogram with the classic buckets that every Prometheus
// reads, and at once a native one, which is exact to a tenth.
func distribution(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(distribution(name, help, buckets), labels)
}
