package roster

import (
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// notForUs returns why a section is not brought into the platform, as far as
// the SIS says so: it is meant for another platform, or is not ready. The zero
// verdict means that it is for us.
func notForUs(s sync.Sync, section sis.Section) verdict {
	switch {
	case s.Provider != "" && section.Provider != "" && !strings.EqualFold(s.Provider, section.Provider):
		return waiting("PROVIDER_OTHER", fmt.Sprintf("The SIS gives the section to another platform (%s).", section.Provider))
	case section.Extract == sis.ExtractNone, section.Extract == sis.ExtractError:
		return waiting("NOT_READY", fmt.Sprintf("The section's extract status in the SIS is %s; it must be R (ready).", section.Extract))
	}
	return verdict{}
}

// withdrawn reports a section that has a course and that the SIS has taken
// back. Who is in the course stays; nobody new comes.
func (p *planner) withdrawn(s *section, why verdict) verdict {
	if s.link.Linked {
		why.reason += " Who is in its course stays there, and nobody is added."
		p.report(s.Key, why.code, why.reason)
	}
	return why
}

// zone is where a section's days begin. A zone that does not exist is the
// sync's; the plan says so.
func (p *planner) zone(s sis.Section) *time.Location {
	if s.Zone == "" {
		return p.sync.Location()
	}
	zone, ok := p.zones[s.Zone]
	if !ok {
		var err error
		if zone, err = time.LoadLocation(s.Zone); err != nil {
			zone = p.sync.Location()
			p.odd(s.Key, fmt.Sprintf("There is no time zone %q; the sync's is used.", s.Zone))
		}
		p.zones[s.Zone] = zone
	}
	return zone
}
