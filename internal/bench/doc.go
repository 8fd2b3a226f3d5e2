// Package bench measures Beadle on a Redis, and plain asynq beside it: what
// `jobctl bench` runs, for users who want to know what their own machines give.
//
// A [Bed] is the Redis that is measured on: the user's, which must be empty, or
// a redis-server that the bed starts for itself. Each benchmark is a method of
// it and returns a [Report]: figures, one column for each side that was
// measured, and comparisons in words.
//
// The rules that make figures worth something hold for all of them:
//
//   - Sides take turns, round by round, in the same run; a figure is the median
//     of its rounds. A machine that is slow for a minute is slow for everybody.
//   - Each round begins with an empty database and a collected heap. What has to
//     be there first, such as jobs in a queue or a ledger that has caught up, is
//     made before the clock starts.
//   - Plain asynq has its default settings: one Server, one Client.
//   - What was measured is checked. A drain in which a job ran twice or not at
//     all is an error, not a figure.
//   - Beadle is measured as it is used, with the event stream and the recorder
//     that writes it to a SQLite ledger in this same process. Where that is left
//     out the column says so.
package bench
