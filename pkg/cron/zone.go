package cron

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // so that a machine without zone files knows them too
)

// Zone returns the time zone of an IANA name, such as "America/New_York" or
// "UTC". Names that mean another thing on another machine or in another season
// are refused: "", "Local", abbreviations ("EST", "CET", "GMT") and offsets
// ("EST5EDT", "GMT+3"). The zone files of the machine count before the ones
// that are built in. Reading a zone takes a while; keep what it returns.
func Zone(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	if !placeName(name) {
		return nil, fmt.Errorf("time zone %q is not the name of a place; %s", shorten(name), zoneHint(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not in the time zone database; use a name such as America/New_York, or UTC", shorten(name))
	}
	return zone, nil
}

// placeName reports whether name looks like one of the database's for a place:
// all of these begin with a capital, and have an area ("Europe/Berlin") or are
// a word ("Japan"). What else the folders of a system hold has no meaning
// elsewhere.
func placeName(name string) bool {
	if name == "" || name[0] < 'A' || name[0] > 'Z' || name == "Local" || name == "Factory" {
		return false
	}
	return strings.Contains(name, "/") || strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz")
}

func zoneHint(name string) string {
	places := map[string]string{
		"EST": "America/New_York", "EDT": "America/New_York", "EST5EDT": "America/New_York",
		"CST": "America/Chicago", "CDT": "America/Chicago", "CST6CDT": "America/Chicago",
		"MST": "America/Denver", "MDT": "America/Denver", "MST7MDT": "America/Denver",
		"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "PST8PDT": "America/Los_Angeles",
		"CET": "Europe/Berlin", "CEST": "Europe/Berlin", "MET": "Europe/Berlin", "WET": "Europe/Lisbon",
		"EET": "Europe/Athens", "BST": "Europe/London", "GB": "Europe/London", "HST": "Pacific/Honolulu",
		"IST": "Asia/Kolkata", "PRC": "Asia/Shanghai", "ROK": "Asia/Seoul", "NZ": "Pacific/Auckland",
	}
	upper := strings.ToUpper(name)
	if place, known := places[upper]; known {
		return "use a place, such as " + place
	}
	switch upper {
	case "UTC", "GMT", "Z", "UCT":
		return "write UTC"
	}
	return "use a name such as America/New_York, or UTC"
}
