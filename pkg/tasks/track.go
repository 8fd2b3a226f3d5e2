package tasks

import "iter"

// Track ranges over items and reports progress after each one:
//
//	for class := range tasks.Track(job, "classes", classes) {
//		...
//	}
func Track[A, T any](job *Job[A], stage string, items []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		total := int64(len(items))
		for i, item := range items {
			if !yield(item) {
				return
			}
			job.Progress(Progress{Stage: stage, Done: int64(i) + 1, Total: total})
		}
	}
}
