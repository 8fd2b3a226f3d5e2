// Package proof shows that a sync ends where it ought to, whatever happens on
// the way. It has no code but tests.
//
// Each seed is a university of its own (internal/campus/university) whose year
// is brought into a learning platform in memory (internal/lms/reference) in a
// few rounds. In each, some events happen, the student information system
// sends what it knows, shuffled, with repeats, sometimes half of it and
// sometimes an older state, and the tasks of the sync run while their process
// dies at any call. At the end there is one quiet round in which every held
// drop is approved. Then the platform must hold what an independent oracle
// (internal/campus/oracle) says; and whenever nobody had approved anything, no
// more was dropped than the brakes allow.
//
// `make test` looks at 50 tiny universities, `make campus-proof` at 1,000 and
// at 20 medium ones. A seed that fails is printed with the line that repeats it.
package proof
