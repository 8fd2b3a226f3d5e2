// Package sync is the vocabulary of syncs: what a sync is, and what its tasks
// and the ledger tell each other.
//
// A sync pairs a source, which is a student information system, with a target,
// which is a learning platform. What the source says passes through five
// things, each of which can be read afterwards:
//
//	record ──> row, message ──> plan of effects ──> target ──> applied
//
// A [Row] is a record as it stands now. A [Message] is one change of it, and
// says what became of that change. A [Plan] is what a run is about to do, one
// [Effect] for each write, with its before and after. An [Enrolment] is what
// was last written to the target: the next plan is the difference between it
// and the rows, so that nothing is written twice and nobody's manual change undone.
package sync
