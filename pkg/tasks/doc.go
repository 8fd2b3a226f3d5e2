// Package tasks is how work is declared: a name, typed arguments, and a
// function that does the work.
//
// A task is a value. Declaring one starts nothing; a worker runs it, the
// scheduler plans it, and jobctl and the dashboard describe it, all from the
// same [Spec]:
//
//	type Args struct {
//		School string `json:"school" doc:"the school's id in the SIS"`
//	}
//
//	var Task = tasks.Spec[Args]{
//		Name:    "roster.sync",
//		Summary: "Bring one school's classes and enrolments up to date.",
//		Timeout: 30 * time.Minute,
//		Writes:  func(a Args) []string { return []string{"roster:" + a.School} },
//		Run: func(ctx context.Context, job *tasks.Job[Args]) error {
//			job.Log.Info("syncing", "school", job.Args.School)
//			return nil
//		},
//	}
//
// # Arguments
//
// Arguments travel as JSON and are strict: an unknown, missing or mistyped
// field is refused before anything is enqueued. A field without omitempty is
// required; a doc tag explains it in forms and in the API. Arguments that
// implement [Validator] may refuse more.
//
// # Delivery
//
// A task may run more than once: a worker can die after the work and before
// the acknowledgement. Run must therefore be idempotent. Everything else is
// promised by the platform: one attempt of a job at a time, no two jobs at a
// time where one writes a resource that the other reads or writes, a context
// that ends at the timeout, on abort and when the worker is told to stop, and
// a record of every attempt.
//
// # Errors
//
// A returned error is retried by the task's policy. Wrap it with [Permanent]
// when trying again cannot help, and with [RetryAfter] when the other side
// said when to return. What is wrong with a single record does not fail the
// job: report it with [Job.Error] and go on.
package tasks
