package roster

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// holdDoubtful holds the drops of which it is not sure that the SIS means
// them, and returns the others. The hold itself was noted by the pull.
func (p *planner) holdDoubtful(drops []*place) (sure []*place) {
	for _, at := range drops {
		code := at.doubt()
		if code == "" || p.frozen(at.first.term()) {
			sure = append(sure, at)
			continue
		}
		h := p.holdOf(code)
		h.Drops++
		p.suspend(at, h.ID)
		at.judgeEnded(verdict{state: sync.Held, code: code, effect: at.name(), reason: fmt.Sprintf(
			"It is missing from what the SIS sent, which is not to be trusted (%s). "+
				"The person stays in the course unless somebody lets the drop through.", code)})
	}
	return sure
}

// holdOf returns the hold of that code, for people to decide on.
func (p *planner) holdOf(code string) *sync.Hold {
	n := slices.IndexFunc(p.holds, func(h sync.Hold) bool { return h.Code == code })
	if n < 0 {
		n = len(p.holds)
		p.holds = append(p.holds, sync.Hold{Code: code, Message: "Registrations are missing from what the SIS sent before, and nobody has said yet whether they ended."})
	}
	h := &p.holds[n]
	h.ID, h.State, h.Scope = strconv.Itoa(n+1), sync.HoldWaits, sync.InSync
	return h
}

// holdAll holds what is not held already, where too many rows of a stream could
// not be read: what the others ask for may be as wrong.
func (p *planner) holdAll(effects []sync.Effect) {
	if !slices.ContainsFunc(p.holds, func(h sync.Hold) bool { return h.Code == sync.BrakeErrorsCode }) {
		return
	}
	for i := range effects {
		e := &effects[i]
		if e.State != sync.EffectPlanned {
			continue
		}
		h := p.holdOf(sync.BrakeErrorsCode)
		e.State, e.Code, e.Hold = sync.EffectHeld, h.Code, h.ID
		p.turned[e.Key] = verdict{state: sync.Held, code: h.Code, reason: h.Message, effect: e.Key}
	}
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
