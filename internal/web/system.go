package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

type systemPage struct {
	frame
	Sentence   string
	System     job.System
	Parts      []part
	Schedulers []schedulerRow
}

// A part is one of the things that an installation is made of, and what is
// known of it.
type part struct {
	Name  string
	Chip  chip
	Facts []fact
}

// A fact is a name and what there is of it.
type fact struct{ Name, Value string }

type schedulerRow struct {
	job.Scheduler
	Chip  chip
	Clock string
}

// systemRoutes are of what the platform runs on, and of what it keeps.
func (s *server) systemRoutes() []route {
	all := []route{{"GET /system", auth.NeedSee, s.page(s.system)}}
	if s.Retention == nil {
		return all
	}
	return append(all,
		route{"GET /retention", auth.NeedSeeAll, s.page(s.retention)},
		route{"GET /retention/edit", auth.NeedAdmin, s.page(s.editRetention)},
		route{"POST /retention/edit", auth.NeedAdmin, s.page(s.saveRetention)},
		route{"GET /retention/delete", auth.NeedAdmin, s.page(s.askDeleteRetention)},
		route{"POST /retention/delete", auth.NeedAdmin, s.page(s.deleteRetention)},
		route{"GET /retention/hold", auth.NeedAdmin, s.page(s.newHold)},
		route{"POST /retention/hold", auth.NeedAdmin, s.page(s.putHold)},
		route{"GET /retention/lift", auth.NeedAdmin, s.page(s.askLift)},
		route{"POST /retention/lift", auth.NeedAdmin, s.page(s.liftHold)},
	)
}

// system serves GET /system: what all this runs on.
func (s *server) system(w http.ResponseWriter, r *http.Request) error {
	frame, err := s.frame(r.Context(), "System", "system")
	if err != nil {
		return err
	}
	all := job.System{Version: s.Version}
	if s.System != nil {
		all = s.System(r.Context())
	}
	page := systemPage{frame: frame, System: all, Sentence: systemSentence(all), Parts: partsOf(all)}
	for _, one := range all.Schedulers {
		page.Schedulers = append(page.Schedulers, schedulerRow{one, officeOf(one), clockWords(time.Duration(one.Ahead))})
	}
	return s.render(w, r, http.StatusOK, "system", page)
}

func systemSentence(all job.System) string {
	text := counted(int64(len(all.Schedulers)), "scheduler is up", "schedulers are up")
	if lag := time.Duration(all.Recorder.Behind); lag > 2*time.Second {
		return text + ", and the ledger is " + duration(lag) + " behind."
	}
	return text + ", and the ledger follows what happens."
}

func officeOf(one job.Scheduler) chip {
	switch {
	case one.Remark != "":
		return chip{"Look here", "alert", "waiting"}
	case one.Leads:
		return chip{"Leads", "check", "succeeded"}
	}
	return chip{"Stands by", "clock", "queued"}
}

// clockWords says how a clock compares with that of Redis.
func clockWords(ahead time.Duration) string {
	switch ahead = ahead.Round(time.Millisecond); {
	case ahead > 0:
		return ahead.String() + " ahead"
	case ahead < 0:
		return (-ahead).String() + " behind"
	}
	return "right"
}

func partsOf(all job.System) []part {
	redis, ledger := all.Redis, all.Ledger
	return []part{
		{"Redis", answers(redis.Answers), []fact{
			{"Version", known(redis.Version)},
			{"Role", roleOf(redis)},
			{"Memory", memoryOf(redis)},
			{"Keys", amount(redis.Keys)},
			{"On disk", known(map[string]string{"aof": "append-only file", "none": "nothing"}[redis.Persistence])},
			{"When memory is short", known(redis.Eviction)},
		}},
		{"Ledger", answers(ledger.Answers), []fact{
			{"Database", known(join(" ", ledger.Kind, ledger.Version))},
			{"Size", size(ledger.Size)},
			{"Schema", amount(ledger.Migration)},
			{"Behind by", duration(time.Duration(all.Recorder.Behind))},
			{"Events in Redis", amount(all.Recorder.Stream)},
		}},
		{"Scheduler", answers(true), []fact{
			{"Version", known(all.Version)},
			{"Go", known(all.Go)},
			{"Time zones of", known(all.Zones.Source)},
			{"Edition", known(all.Zones.Edition)},
			{"Watch live", strconv.Itoa(all.Viewers)},
			{"Workers run", buildsOf(all.Builds)},
		}},
	}
}

func answers(yes bool) chip {
	if yes {
		return chip{"Answers", "check", "succeeded"}
	}
	return chip{"Does not answer", "failed", "failed"}
}

func roleOf(redis job.RedisFacts) string {
	if redis.Replicas == nil || redis.Role != "master" {
		return known(redis.Role)
	}
	return redis.Role + " of " + counted(*redis.Replicas, "replica", "replicas")
}

func memoryOf(redis job.RedisFacts) string {
	if redis.Memory != nil && redis.MaxMemory != nil && *redis.MaxMemory > 0 {
		return size(redis.Memory) + " of " + size(redis.MaxMemory)
	}
	return size(redis.Memory)
}

func buildsOf(all []job.Build) string {
	var texts []string
	for _, b := range all {
		texts = append(texts, fmt.Sprintf("%s (%d)", known(b.Build), b.Workers))
	}
	if len(texts) == 0 {
		return "no worker is up"
	}
	return join(", ", texts...)
}

// known is a text, or that nobody told it.
func known(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

func amount(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return number(*n)
}

// size is bytes as people read them.
func size(bytes *int64) string {
	switch {
	case bytes == nil:
		return "unknown"
	case *bytes < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(*bytes)/(1<<10))
	case *bytes < 10<<30:
		return fmt.Sprintf("%.1f MiB", float64(*bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(*bytes)/(1<<30))
}
