package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// zoneCookie is set by static/live.js: the zone of whoever looks.
const zoneCookie = "beadle_zone"

// A viewer is whoever looks at times that are another zone's.
type viewer struct {
	zone *time.Location
	name string // of the zone, for the head of a column
}

// viewer returns the zone of whoever looks, or else that of the pages.
func (s *server) viewer(r *http.Request) viewer {
	if c, err := r.Cookie(zoneCookie); err == nil {
		name, _ := url.QueryUnescape(c.Value) // what cannot be read is no zone
		if zone, err := cron.Zone(name); err == nil {
			return viewer{zone, "Your zone, " + name}
		}
	}
	if s.Zone == time.Local {
		return viewer{s.Zone, "The server’s zone"}
	}
	return viewer{s.Zone, "The server’s zone, " + s.Zone.String()}
}

// A localTime is one time in two zones. Own is empty where both agree on what
// the clock shows.
type localTime struct{ Due, Own string }

func localTimeOf(t time.Time, zone *time.Location, own viewer, now time.Time) localTime {
	there, here := t.In(zone), t.In(own.zone)
	local := localTime{Due: day(there, now), Own: day(here, now)}
	if offset(there) == offset(here) {
		local.Own = ""
	}
	return local
}

// briefTime leaves out the day in the other zone if it is the same.
func briefTime(t time.Time, zone *time.Location, own viewer, now time.Time) localTime {
	local := localTimeOf(t, zone, own, now)
	if here := t.In(own.zone); local.Own != "" && here.YearDay() == t.In(zone).YearDay() {
		local.Own = here.Format("15:04 MST")
	}
	return local
}

func offset(t time.Time) int {
	_, seconds := t.Zone()
	return seconds
}

// day writes a time to come or gone by, with its weekday and zone: "Fri 4 Sep,
// 02:30 CEST". The year is said if it is another one.
func day(t, now time.Time) string {
	layout := "Mon 2 Jan"
	if t.Year() != now.In(t.Location()).Year() {
		layout += " 2006"
	}
	layout += ", 15:04"
	if t.Second() != 0 {
		layout += ":05"
	}
	return t.Format(layout + " MST")
}

// runs are times at which a schedule will be due, in two zones.
type runs struct {
	Zone, Own string // heads of the columns
	Two       bool   // the zones are different ones
	Rows      []run
}

type run struct {
	localTime
	In      string // how long until then
	Skipped bool
	Remark  string
}

func runsOf(firings []job.Firing, zone *time.Location, own viewer, now time.Time) runs {
	all := runs{Zone: "Due, " + zone.String(), Own: own.name, Two: zone.String() != own.zone.String()}
	for _, f := range firings {
		all.Rows = append(all.Rows, run{localTimeOf(f.Due, zone, own, now), relative(f.Due, now), f.Skipped, f.Remark})
	}
	return all
}
