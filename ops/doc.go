// Package ops proves that what people watch Beadle with shows what it says.
//
// Its quick tests look at the files: every metric that a dashboard or an alert
// asks for exists, every alert has a runbook, and every alert goes off when it
// should and is silent when all is well, as promtool judges.
//
// `make ops-test` runs the real thing: schedulers and workers on a real Redis
// with the demo campus, jobs that fail, wait and crash, workers that are
// killed, and a real Prometheus that scrapes all of it with the configuration
// in deploy/prometheus. Every query of every dashboard must return data then,
// or stand in the list of those that only an event makes, with the reason.
package ops
