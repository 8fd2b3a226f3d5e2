package roster

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// frozen reports whether nothing of a term may be changed today; the empty term
// is of what belongs to none.
func (p *planner) frozen(term string) bool {
	_, is := p.sync.Frozen(p.now, term)
	return is
}

// freeze holds what may not be changed today, and has it go by itself.
func (p *planner) freeze(effects []sync.Effect) {
	if len(p.sync.Freezes) == 0 {
		return
	}
	holds := map[sync.Freeze]int{} // number in p.holds
	for i := range effects {
		e := &effects[i]
		f, is := p.sync.Frozen(p.now, p.termOf(*e))
		if !is || e.State != sync.EffectPlanned {
			continue
		}
		n, known := holds[f]
		if !known {
			n = len(p.holds)
			p.holds = append(p.holds, frozenHold(n, f))
			holds[f] = n
		}
		e.State, e.Code, e.Hold = sync.EffectHeld, "FREEZE", p.holds[n].ID
		p.turned[e.Key] = waiting("FREEZE", p.holds[n].Message)
	}
}

func frozenHold(n int, f sync.Freeze) sync.Hold {
	of := "The sync"
	if f.Term != "" {
		of = "Term " + f.Term
	}
	why := ""
	if f.Reason != "" {
		why = " (" + f.Reason + ")"
	}
	return sync.Hold{
		ID: strconv.Itoa(n + 1), Code: "FREEZE", State: sync.HoldFrozen, Term: f.Term, Message: fmt.Sprintf(
			"%s is frozen from %s to %s%s: nothing of it is changed in the LMS until then. The first run after it makes these changes by itself.",
			of, f.From, f.To, why),
	}
}

func (p *planner) termOf(e sync.Effect) string {
	if s := p.sections[e.Section]; s != nil {
		return s.term()
	}
	return ""
}

// sum says of each hold how much it holds, and takes over what people decided
// about the same in the plan before.
func (p *planner) sum(effects []sync.Effect) {
	of := map[string][]int{}
	for i, e := range effects {
		if e.Hold != "" {
			of[e.Hold] = append(of[e.Hold], i)
		}
	}
	for i := range p.holds {
		h := &p.holds[i]
		held := of[h.ID]
		if h.ID == "" || len(held) == 0 {
			continue
		}
		h.Effects = len(held)
		if h.State != sync.HoldWaits {
			continue
		}
		h.Needs, h.Digest = p.sync.Needs(len(held)), sync.DigestOf(pickEffects(effects, held))
		p.carryOver(h)
		if h.State == sync.HoldApproved {
			p.letThrough(effects, held)
		}
	}
}

func pickEffects(effects []sync.Effect, numbers []int) (some []sync.Effect) {
	for _, i := range numbers {
		some = append(some, effects[i])
	}
	return some
}

func (p *planner) letThrough(effects []sync.Effect, numbers []int) {
	for _, i := range numbers {
		effects[i].State, effects[i].Code = sync.EffectPlanned, ""
		p.turned[effects[i].Key] = planned(effects[i].Key)
	}
}

// carryOver takes the approvals of the plan before for a hold of the same
// effects, unless that plan is over: then they have been used. Old ones have
// expired.
func (p *planner) carryOver(h *sync.Hold) {
	if p.before.State.Ended() {
		return
	}
	for _, before := range p.before.Held {
		if before.Digest != h.Digest {
			continue
		}
		for _, d := range before.Decisions {
			switch {
			case d.Choice != sync.Approve:
			case d.At.Before(p.now.Add(-p.sync.ApprovalLife())):
				p.report(h.ID, "APPROVAL_EXPIRED", fmt.Sprintf("An approval of %s is too old to count; it has to be given again: %s",
					d.At.In(p.sync.Location()).Format("2006-01-02"), h.Message))
			default:
				if d.Carried == "" {
					d.Carried = p.before.ID
				}
				d.Hold = h.ID
				h.Decisions = append(h.Decisions, d)
			}
		}
	}
	if len(h.Approvals()) >= h.Needs {
		h.State = sync.HoldApproved
	}
}

// expire gives up plans that nobody decided on in time.
func (s *step) expire(ctx context.Context) error {
	gone, err := s.store.ExpireSISPlans(ctx, s.sync.Name, time.Now().Add(-s.sync.ApprovalLife()))
	for _, id := range gone {
		s.Error(id, "APPROVAL_EXPIRED", "Nobody decided on this plan in time: nothing more of it is applied.")
	}
	return err
}
