package ledger_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// busySecond is how many schedules are due in the same second.
const busySecond = 10_000

// BenchmarkTimetable does what a walker does with many schedules that are all
// due at once: look whether something has changed, read them if so, say what is
// intended, look for jobs in their way, and say what became of the slots.
func BenchmarkTimetable(b *testing.B) {
	for name, location := range locations {
		b.Run(name, func(b *testing.B) {
			l := open(b, location(b))
			intended, ran := batches(busySecond, job.SlotIntended), batches(busySecond, job.SlotRan)
			if err := l.PutSchedules(b.Context(), schedulesOf(intended)); err != nil {
				b.Fatal(err)
			}
			for step, do := range map[string]func() error{
				"version": func() error { _, err := l.ScheduleVersion(b.Context()); return err },
				"read":    func() error { _, err := l.Schedules(b.Context()); return err },
				"busy":    func() error { _, err := l.UnfinishedOf(b.Context(), names(intended)); return err },
			} {
				b.Run(step, func(b *testing.B) { repeat(b, do) })
			}
			b.Run("slots", func(b *testing.B) { benchmarkSlots(b, l, intended, ran) })
			b.Run("last slots of a page", func(b *testing.B) {
				page := names(intended[500:600])
				repeat(b, func() error { _, err := l.LastSlots(b.Context(), page); return err })
			})
		})
	}
}

func repeat(b *testing.B, do func() error) {
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
}

func names(batches []job.SlotBatch) (all []string) {
	for _, batch := range batches {
		all = append(all, batch.Schedule)
	}
	return all
}

// benchmarkSlots takes all schedules from one due time to the next.
func benchmarkSlots(b *testing.B, l *ledger.Ledger, intended, ran []job.SlotBatch) {
	due := 1
	for b.Loop() {
		for _, some := range [][]job.SlotBatch{intended, ran} {
			for i := range some {
				some[i].Decided, some[i].Slots[0].Due = second(due), second(due)
			}
			if err := l.PutManySlots(b.Context(), some); err != nil {
				b.Fatal(err)
			}
		}
		due++
	}
}
