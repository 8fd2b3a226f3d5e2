package ledger_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func paused(target string, at time.Time) job.AuditEntry {
	return job.AuditEntry{
		At: at, Actor: "local", Method: "POST", Route: "/api/v1/schedules/{name}/pause", Target: target,
		Content: `{"note":"why"}`, Reason: "why", RequestID: "r1",
	}
}

func audited(t *testing.T, l *ledger.Ledger, e job.AuditEntry, status int) int64 {
	t.Helper()
	seq, err := l.AppendAudit(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if status == 0 {
		return seq
	}
	if err := l.AppendOutcome(t.Context(), seq, job.AuditOutcome{At: e.At.Add(time.Second), Status: status}); err != nil {
		t.Fatal(err)
	}
	return seq
}

func verified(t *testing.T, l *ledger.Ledger) job.AuditCheck {
	t.Helper()
	c, err := l.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARequestIsAuditedWithItsOutcome(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		e := paused("schedules/nightly", noon)
		e.Seq = audited(t, l, e, 200)
		all, err := l.Audit(t.Context(), job.AuditFilter{})
		if err != nil || len(all) != 1 {
			t.Fatalf("%d entries, %v", len(all), err)
		}
		e.Hash, e.Outcome = all[0].Hash, &job.AuditOutcome{Seq: 2, At: noon.Add(time.Second), Status: 200}
		if all[0].Outcome != nil {
			e.Outcome.Hash = all[0].Outcome.Hash
		}
		if diff := cmp.Diff(e, all[0]); diff != "" {
			t.Errorf("the entry (-want +got):\n%s", diff)
		}
		if err := l.AppendOutcome(t.Context(), e.Seq, job.AuditOutcome{At: noon, Status: 500}); err == nil {
			t.Error("a request has two outcomes")
		}
	})
}

func TestTheAuditIsFiltered(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		audited(t, l, paused("schedules/nightly", noon), 200)             // 1
		audited(t, l, paused("schedules/weekly", noon.Add(time.Hour)), 0) // 3
		kim := paused("schedules_other/x", noon.Add(2*time.Hour))
		kim.Actor = "kim"
		audited(t, l, kim, 409) // 4
		for name, tt := range map[string]struct {
			f    job.AuditFilter
			want []int64
		}{
			"all":     {job.AuditFilter{}, []int64{4, 3, 1}},
			"actor":   {job.AuditFilter{Actor: "kim"}, []int64{4}},
			"target":  {job.AuditFilter{Target: "schedules/weekly"}, []int64{3}},
			"kind":    {job.AuditFilter{Target: "schedules"}, []int64{3, 1}},
			"from":    {job.AuditFilter{From: noon.Add(time.Hour)}, []int64{4, 3}},
			"to":      {job.AuditFilter{To: noon.Add(time.Hour)}, []int64{1}},
			"older":   {job.AuditFilter{Before: 4, Limit: 1}, []int64{3}},
			"oldest":  {job.AuditFilter{Oldest: true, Limit: 2}, []int64{1, 3}},
			"further": {job.AuditFilter{Oldest: true, After: 3}, []int64{4}},
		} {
			all, err := l.Audit(t.Context(), tt.f)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, e := range all {
				got = append(got, e.Seq)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestTheChainTellsTheFirstRowThatWasTamperedWith(t *testing.T) {
	for change, want := range map[string]int64{
		`UPDATE audit SET actor = 'kim' WHERE seq = 3`:                                 3,
		`UPDATE audit SET status = 200 WHERE seq = 4`:                                  4,
		`UPDATE audit SET content = reason, reason = content WHERE seq = 1`:            1,
		`DELETE FROM audit WHERE seq = 1`:                                              1,
		`DELETE FROM audit WHERE seq = 4`:                                              4,
		`UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) WHERE seq = 2`: 2,
		`UPDATE audit SET method = 'POSTx', route = substr(route, 2) WHERE seq = 5`:    5,
		`UPDATE audit SET asked = 0 WHERE seq = 2`:                                     2,
	} {
		t.Run(change, func(t *testing.T) {
			each(t, func(t *testing.T, l *ledger.Ledger) {
				for range 3 {
					audited(t, l, paused("schedules/nightly", noon), 409)
				}
				if c := verified(t, l); c.Broken != nil || c.Rows != 6 || len(c.Head) != 64 {
					t.Fatalf("before: %+v", c)
				}
				if err := l.Exec(t.Context(), change); err != nil {
					t.Fatal(err)
				}
				if c := verified(t, l); c.Broken == nil || c.Broken.Seq != want {
					t.Errorf("got %+v, want row %d to be broken", c.Broken, want)
				}
			})
		})
	}
}

func TestManyWritersMakeOneChain(t *testing.T) {
	for name, location := range empties {
		t.Run(name, func(t *testing.T) {
			where := location(t)
			var writers sync.WaitGroup
			for range 4 {
				l := open(t, where)
				writers.Go(func() {
					for range 10 {
						seq, err := l.AppendAudit(t.Context(), paused("schedules/nightly", noon))
						if err == nil {
							err = l.AppendOutcome(t.Context(), seq, job.AuditOutcome{At: noon, Status: 200})
						}
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			writers.Wait()
			if c := verified(t, open(t, where)); c.Broken != nil || c.Rows != 80 {
				t.Errorf("got %+v %+v, want 80 rows that fit", c, c.Broken)
			}
		})
	}
}

func TestTheAuditTakesWhateverTextComes(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		e := paused("schedules/"+strings.Repeat("é", 300)+"\x00", noon)
		e.Content, e.Reason = strings.Repeat("x", 20<<10), "\xff,12:"
		audited(t, l, e, 400)
		if c := verified(t, l); c.Broken != nil || c.Rows != 2 {
			t.Errorf("got %+v", c)
		}
	})
}

func BenchmarkAppendAudit(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	for b.Loop() {
		if _, err := l.AppendAudit(b.Context(), paused("schedules/nightly", noon)); err != nil {
			b.Fatal(err)
		}
	}
}
