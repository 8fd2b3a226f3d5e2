package roster

import (
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// holdDoubtful holds the drops of which it is not sure that the SIS means
// them, and returns the others. The hold itself was noted by the pull.
func (p *planner) holdDoubtful(drops []*place) (sure []*place) {
	held := map[string]int{} // by code
	for _, at := range drops {
		code := at.doubt()
		if code == "" {
			sure = append(sure, at)
			continue
		}
		held[code]++
		p.suspend(at, sync.EffectHeld)
		at.judgeEnded(heldBecause(code))
	}
	for i := range p.holds {
		p.holds[i].Drops = held[p.holds[i].Code]
	}
	return sure
}

func heldBecause(code string) verdict {
	return held(code, fmt.Sprintf("It is missing from what the SIS sent, which is not to be trusted (%s). "+
		"The person stays in the course unless somebody lets the drop through.", code))
}

// doubt returns why it is not sure that a place's registrations have ended.
func (p *place) doubt() string {
	for _, r := range p.ended {
		if r.doubt != "" {
			return r.doubt
		}
	}
	return ""
}
