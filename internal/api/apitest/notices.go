package apitest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// Notices are rules, follows and deliveries in memory. They keep the promises of
// api.NoticeLedger.
type Notices struct {
	Rules  []notice.Rule
	Heard  []notice.Follow
	Letter []notice.Delivery
}

// Follow implements api.NoticeLedger.
func (n *Notices) Follow(_ context.Context, job, person string, now time.Time) error {
	if n.place(job, person) < 0 {
		n.Heard = append(n.Heard, notice.Follow{Person: person, Job: job, Since: now})
	}
	return nil
}

func (n *Notices) place(job, person string) int {
	return slices.IndexFunc(n.Heard, func(f notice.Follow) bool { return f.Job == job && f.Person == person })
}

// Unfollow implements api.NoticeLedger.
func (n *Notices) Unfollow(_ context.Context, job, person string) error {
	if i := n.place(job, person); i >= 0 {
		n.Heard = slices.Delete(n.Heard, i, i+1)
	}
	return nil
}

// Followed implements api.NoticeLedger.
func (n *Notices) Followed(_ context.Context, person string, jobs []string) (map[string]bool, error) {
	found := map[string]bool{}
	for _, id := range jobs {
		if n.place(id, person) >= 0 {
			found[id] = true
		}
	}
	return found, nil
}

// Follows implements api.NoticeLedger.
func (n *Notices) Follows(_ context.Context, person string, limit int) (all []notice.Follow, err error) {
	for _, f := range slices.Backward(n.Heard) {
		if f.Person == person && len(all) < limit {
			all = append(all, f)
		}
	}
	return all, nil
}

// NoticeRules implements api.NoticeLedger.
func (n *Notices) NoticeRules(context.Context) ([]notice.Rule, error) {
	return slices.SortedFunc(slices.Values(n.Rules), func(a, b notice.Rule) int { return cmp.Compare(a.Name, b.Name) }), nil
}

func (n *Notices) rule(name string) int {
	return slices.IndexFunc(n.Rules, func(r notice.Rule) bool { return r.Name == name })
}

// PutNoticeRule implements api.NoticeLedger.
func (n *Notices) PutNoticeRule(_ context.Context, r notice.Rule) (notice.Rule, error) {
	i := n.rule(r.Name)
	if i < 0 && r.Revision != 0 || i >= 0 && n.Rules[i].Revision != r.Revision {
		return r, fault.New(fault.Conflict, "The rule %s has changed in the meantime, or is there already; look at it again.", r.Name)
	}
	r.Revision++
	if i < 0 {
		n.Rules = append(n.Rules, r)
		return r, nil
	}
	n.Rules[i] = r
	return r, nil
}

// DeleteNoticeRule implements api.NoticeLedger.
func (n *Notices) DeleteNoticeRule(_ context.Context, name string) error {
	n.Rules = slices.DeleteFunc(n.Rules, func(r notice.Rule) bool { return r.Name == name })
	return nil
}

// PutDelivery implements api.NoticeLedger.
func (n *Notices) PutDelivery(_ context.Context, d notice.Delivery, _ []notice.Notice) error {
	n.Letter = append(n.Letter, d)
	return nil
}

func (n *Notices) letter(id string) (int, error) {
	if i := slices.IndexFunc(n.Letter, func(d notice.Delivery) bool { return d.ID == id }); i >= 0 {
		return i, nil
	}
	return 0, fault.New(fault.NotFound, "There is no delivery %s.", id)
}

// Delivery implements api.NoticeLedger.
func (n *Notices) Delivery(_ context.Context, id string) (notice.Delivery, error) {
	i, err := n.letter(id)
	if err != nil {
		return notice.Delivery{}, err
	}
	return n.Letter[i], nil
}

// Deliveries implements api.NoticeLedger.
func (n *Notices) Deliveries(_ context.Context, before string, limit int) (all []notice.Delivery, err error) {
	newest := slices.SortedFunc(slices.Values(n.Letter), func(a, b notice.Delivery) int { return cmp.Compare(b.ID, a.ID) })
	for _, d := range newest {
		if (before == "" || d.ID < before) && len(all) < limit {
			all = append(all, d)
		}
	}
	return all, nil
}

// RetryDelivery implements api.NoticeLedger.
func (n *Notices) RetryDelivery(_ context.Context, id string) (notice.Delivery, error) {
	i, err := n.letter(id)
	if err != nil {
		return notice.Delivery{}, err
	}
	if n.Letter[i].State != notice.Given {
		return n.Letter[i], fault.New(fault.Conflict, "The delivery has not failed: it is %s.", n.Letter[i].State)
	}
	n.Letter[i].State, n.Letter[i].Round = notice.Pending, n.Letter[i].Round+1
	return n.Letter[i], nil
}
