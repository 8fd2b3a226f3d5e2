package roster

import (
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// nothing is what is left of a role that is taken away.
var nothing struct{}

// unwanted returns why something is not written: a person did not want it, and
// the SIS has not changed it since. If it has, the person's word is forgotten.
func (p *planner) unwanted(op sync.EffectOp, key string, after any) (verdict, bool) {
	o, there := p.campus.Overrides[key]
	if !there {
		return verdict{}, false
	}
	if o.Wish != sync.Wish(op, asJSON(after)) {
		p.lifted = append(p.lifted, key)
		return verdict{}, false
	}
	return held("MANUAL_OVERRIDE", fmt.Sprintf(
		"A person has %s this change on %s (%s). It is not made until the SIS changes the record, or somebody releases it from plan %s.",
		o.Cause, o.At.In(p.sync.Location()).Format("2006-01-02"), o.Reason, o.Plan)), true
}

// unwantedPlace is the same of a place.
func (p *planner) unwantedPlace(at *place, after sync.Span) (verdict, bool) {
	if len(p.campus.Overrides) == 0 || at.Course == "" {
		return verdict{}, false
	}
	return p.unwanted(sync.Enrol, at.Key(), after)
}

// settled forgets what a person did not want of a place that is now as the SIS
// says.
func (p *planner) settled(at *place) {
	if len(p.campus.Overrides) == 0 {
		return
	}
	if _, there := p.campus.Overrides[at.Key()]; there {
		p.lifted = append(p.lifted, at.Key())
	}
}
