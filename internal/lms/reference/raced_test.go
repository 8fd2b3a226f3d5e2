//go:build race

package reference_test

// fastEnough is how many effects a second are asked for: the race detector
// slows everything down ten times.
const fastEnough = 10_000
