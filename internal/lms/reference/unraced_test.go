//go:build !race

package reference_test

// fastEnough is how many effects a second are asked for.
const fastEnough = 100_000
