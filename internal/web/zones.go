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

// ownZone returns the zone of whoever looks, or else that of the pages.
func (s *server) ownZone(r *http.Request) *time.Location {
	c, err := r.Cookie(zoneCookie)
	if err != nil {
		return s.Zone
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return s.Zone
	}
	if zone, err := cron.Zone(name); err == nil {
		return zone
	}
	return s.Zone
}

// A localTime is one time in two zones. Own is empty where both agree on what
// the clock shows.
type localTime struct {
	At       time.Time
	Due, Own string
}

func localTimeOf(t time.Time, zone, own *time.Location, now time.Time) localTime {
	due := localTime{At: t.In(zone), Due: day(t.In(zone), now), Own: day(t.In(own), now)}
	if _, a := t.In(zone).Zone(); sameOffset(a, t.In(own)) {
		due.Own = ""
	}
	return due
}

func sameOffset(offset int, t time.Time) bool {
	_, o := t.Zone()
	return o == offset
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

// A firingRow is a time at which a schedule will be due, in two zones.
type firingRow struct {
	localTime
	In      string // how long until then
	Skipped bool
	Remark  string
}

func firingRows(firings []job.Firing, zone, own *time.Location, now time.Time) (rows []firingRow) {
	for _, f := range firings {
		rows = append(rows, firingRow{localTimeOf(f.Due, zone, own, now), relative(f.Due, now), f.Skipped, f.Remark})
	}
	return rows
}
