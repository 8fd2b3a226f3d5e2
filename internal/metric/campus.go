package metric

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// Campus is what is asked of the ledger about syncs.
type Campus interface {
	SISMessageTotals(ctx context.Context, name string, states []sync.MessageState) ([]sync.MessageCount, error)
	SISStanding(ctx context.Context, name string) (sync.Standing, error)
}

// How often the ledger is asked. Messages that are done with are many, and more
// every day: what they are in is asked seldom.
const (
	campusEvery  = 30 * time.Second
	settledEvery = 10 * time.Minute
)

var (
	messagesDesc = described("beadle_messages", "Messages of the SIS by state.", "sync", "state")
	messageDesc  = described("beadle_message_oldest_seconds", "Age of the oldest message in a state that it can leave.", "sync", "state")
	plansDesc    = described("beadle_plans_held", "Plans of which something waits for people.", "sync")
	planDesc     = described("beadle_plan_held_oldest_seconds", "Since the oldest of them was made; 0 if there is none.", "sync")
	throughDesc  = described("beadle_sync_last_success_timestamp_seconds", "When a run last applied all that could be applied.", "sync")
)

// WatchCampus adds how the syncs of these names stand.
func (m *Metrics) WatchCampus(c Campus, syncs []string) {
	var all campus
	for _, name := range syncs {
		messages := func(states []sync.MessageState) func(context.Context) (totals, error) {
			return func(ctx context.Context) (totals, error) { return readTotals(ctx, c, name, states) }
		}
		all = append(all, &standing{
			name: name,
			open: keep(campusEvery, messages(openStates)), settled: keep(settledEvery, messages(settledStates)),
			plans: keep(campusEvery, func(ctx context.Context) (sync.Standing, error) { return c.SISStanding(ctx, name) }),
		})
	}
	m.registry.MustRegister(all)
}

// openStates are those that a message can leave; ignored ones are as many as
// applied ones, and are asked for as seldom.
var openStates, settledStates = func() (open, settled []sync.MessageState) {
	for _, s := range sync.MessageStates {
		if s.Final() || s == sync.Ignored {
			settled = append(settled, s)
		} else {
			open = append(open, s)
		}
	}
	return open, settled
}()

// totals are messages by state; each state that was asked for is there.
type totals map[sync.MessageState]sync.MessageCount

func readTotals(ctx context.Context, c Campus, name string, states []sync.MessageState) (totals, error) {
	counts, err := c.SISMessageTotals(ctx, name, states)
	all := totals{}
	for _, s := range states {
		all[s] = sync.MessageCount{State: s}
	}
	for _, count := range counts {
		all[count.State] = count
	}
	return all, err
}

// campus shows how all syncs stand.
type campus []*standing

// A standing is how one sync stands, as it was read lately.
type standing struct {
	name          string
	open, settled *kept[totals]
	plans         *kept[sync.Standing]
}

// Describe implements prometheus.Collector.
func (campus) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{messagesDesc, messageDesc, plansDesc, planDesc, throughDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c campus) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, s := range c {
		s.refresh()
	}
	for _, s := range c {
		s.show(ctx, time.Now(), to(ch))
	}
}

// refresh has everything read that is due, at once.
func (s *standing) refresh() {
	s.open.refresh()
	s.settled.refresh()
	s.plans.refresh()
}

func (s *standing) show(ctx context.Context, now time.Time, show gauge) {
	if open, known := s.open.get(ctx); known {
		for state, count := range open {
			show(messagesDesc, float64(count.Count), s.name, string(state))
			show(messageDesc, age(now, count.Oldest), s.name, string(state))
		}
	}
	if settled, known := s.settled.get(ctx); known {
		for state, count := range settled {
			show(messagesDesc, float64(count.Count), s.name, string(state))
		}
	}
	if plans, known := s.plans.get(ctx); known {
		show(plansDesc, float64(plans.Held), s.name)
		show(planDesc, age(now, plans.HeldSince), s.name)
		if !plans.Through.IsZero() {
			show(throughDesc, float64(plans.Through.UnixMilli())/1000, s.name)
		}
	}
}

// age is how long ago something was, in seconds; 0 if it was not.
func age(now, then time.Time) float64 {
	if then.IsZero() {
		return 0
	}
	return max(0, now.Sub(then).Seconds())
}
