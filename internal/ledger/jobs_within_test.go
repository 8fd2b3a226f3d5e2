package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestListsAndCountsWhatTheReaderMaySee(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aMixedDay())
		for _, tt := range []struct {
			name   string
			filter job.Filter
			within []job.Reach
			want   []string
		}{
			{"everything", job.Filter{}, nil, []string{"e", "d", "c", "b", "a"}},
			{"nothing", job.Filter{}, []job.Reach{}, []string{}},
			{"one's own", job.Filter{}, []job.Reach{{Owner: "bob"}}, []string{"c"}},
			{"one's own of a client", job.Filter{}, []job.Reach{{Owner: "bob", Client: "north"}}, []string{}},
			{"a client", job.Filter{}, []job.Reach{{Client: "north"}}, []string{"b"}},
			{"tasks that begin so", job.Filter{}, []job.Reach{{Tasks: "grades.*"}}, []string{"a"}},
			{"all tasks of a client", job.Filter{}, []job.Reach{{Client: "north", Tasks: "*"}}, []string{"b"}},
			{"a task and one's own", job.Filter{}, []job.Reach{{Tasks: "grades.push"}, {Owner: "bob"}}, []string{"c", "a"}},
			{"reaches that overlap", job.Filter{}, []job.Reach{{Client: "north"}, {Client: "north", Tasks: "r*"}, {Owner: "ada"}}, []string{"e", "d", "b", "a"}},
			{"another's", job.Filter{Owner: "ada"}, []job.Reach{{Owner: "bob"}}, []string{}},
			{"another client", job.Filter{Client: "south"}, []job.Reach{{Client: "north"}}, []string{}},
			{"a state", job.Filter{States: []job.State{job.Failed}}, []job.Reach{{Client: "north"}, {Owner: "bob"}}, []string{"b"}},
			{"a page", job.Filter{Before: "c", Limit: 1}, []job.Reach{{Client: "north"}, {Tasks: "grades.*"}}, []string{"b"}},
		} {
			tt.filter.Within = tt.within
			got := listed(t, l, tt.filter)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if tt.within == nil || tt.filter.Owner != "" || tt.filter.Limit > 0 || tt.filter.States != nil {
				continue
			}
			counts, err := l.CountsWithin(t.Context(), tt.filter.Client, tt.within)
			if sum := total(counts); err != nil || sum != int64(len(tt.want)) {
				t.Errorf("%s: %d are counted, %v, want %d", tt.name, sum, err, len(tt.want))
			}
		}
	})
}

func total(counts map[job.State]int64) (sum int64) {
	for _, jobs := range counts {
		sum += jobs
	}
	return sum
}
