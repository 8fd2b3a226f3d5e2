package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// A NoticeBook is who is told what became of jobs, as far as whoever acts may
// see and change it. The API and the pages both ask here, so that they refuse
// alike.
//
// Everybody who sees a job may follow it, and may have rules that tell
// themselves. Rules that tell others are for those who operate all that the
// rule is about.
type NoticeBook struct {
	Ledger     NoticeLedger // nil: nobody is told of jobs
	Access     Access       // nil: no people are kept
	LocalEmail string       // of who works where no access is configured
	Now        func() time.Time

	// Job returns a job that whoever acts may see.
	Job func(ctx context.Context, id string) (job.Job, error)
}

// NoticeBook is who is told of jobs, for faces beside the API.
func (a *API) NoticeBook() NoticeBook {
	return NoticeBook{Ledger: a.Notices, Access: a.Access, LocalEmail: a.LocalEmail, Now: a.Now, Job: a.jobInSight}
}

func (b NoticeBook) kept() error {
	if b.Ledger == nil {
		return fault.New(fault.Unavailable, "This server tells nobody of jobs.")
	}
	return nil
}

// Address returns where whoever acts reads e-mail; empty: nowhere that is known.
func (b NoticeBook) Address(ctx context.Context) (string, error) {
	w := auth.Of(ctx)
	if w.Name == auth.Local.Name || w.Name == auth.Installation.Name {
		return b.LocalEmail, nil
	}
	if b.Access == nil {
		return "", nil
	}
	p, err := b.Access.Person(ctx, w.Name)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return p.Email, err
}

// Follow makes whoever acts hear when a job has ended.
func (b NoticeBook) Follow(ctx context.Context, id string) (job.Job, error) {
	if err := b.kept(); err != nil {
		return job.Job{}, err
	}
	j, err := b.Job(ctx, id)
	if err != nil {
		return j, err
	}
	if j.State.Final() {
		return j, fault.New(fault.Conflict, "The job has ended already.")
	}
	address, err := b.Address(ctx)
	if err != nil {
		return j, err
	}
	if address == "" {
		return j, fault.New(fault.Conflict, "There is no e-mail address of yours: %s.", whereAddressesAre(auth.Of(ctx)))
	}
	return j, b.Ledger.Follow(ctx, j.ID, actor(ctx), b.Now())
}

// whereAddressesAre says who sets the address of somebody.
func whereAddressesAre(w auth.Who) string {
	if w.Name == auth.Local.Name || w.Name == auth.Installation.Name {
		return "set notify.local_email"
	}
	return "add it to your account"
}

// Unfollow takes that back.
func (b NoticeBook) Unfollow(ctx context.Context, id string) error {
	if err := b.kept(); err != nil {
		return err
	}
	return b.Ledger.Unfollow(ctx, id, actor(ctx))
}

// Followed returns which of those jobs whoever acts follows.
func (b NoticeBook) Followed(ctx context.Context, ids []string) (map[string]bool, error) {
	if b.Ledger == nil || len(ids) == 0 {
		return nil, nil
	}
	return b.Ledger.Followed(ctx, actor(ctx), ids)
}

// maxFollows is how many jobs that somebody follows are listed.
const maxFollows = 50

// Follows returns the jobs that whoever acts follows, the newest first, and of
// those that have ended the last ones.
func (b NoticeBook) Follows(ctx context.Context) ([]notice.Follow, error) {
	if err := b.kept(); err != nil {
		return nil, err
	}
	return b.Ledger.Follows(ctx, actor(ctx), maxFollows)
}

// Rules returns the rules that whoever acts may see, by name and without
// secrets.
func (b NoticeBook) Rules(ctx context.Context) ([]notice.Rule, error) {
	all, err := b.inSight(ctx)
	for i := range all {
		all[i] = all[i].Shown()
	}
	return all, err
}

func (b NoticeBook) inSight(ctx context.Context) ([]notice.Rule, error) {
	if err := b.kept(); err != nil {
		return nil, err
	}
	all, err := b.Ledger.NoticeRules(ctx)
	return slices.DeleteFunc(all, func(r notice.Rule) bool { return !r.MaySee(auth.Of(ctx)) }), err
}

// Rule returns one of them. One that whoever acts may not see is not there.
func (b NoticeBook) Rule(ctx context.Context, name string) (notice.Rule, error) {
	r, err := b.rule(ctx, name)
	return r.Shown(), err
}

func (b NoticeBook) rule(ctx context.Context, name string) (notice.Rule, error) {
	all, err := b.inSight(ctx)
	if err != nil {
		return notice.Rule{}, err
	}
	r, found := find(all, func(r notice.Rule) bool { return r.Name == name })
	if !found {
		return r, fault.New(fault.NotFound, "There is no rule of notices called %s.", name)
	}
	return r, nil
}

// keeps is rule for those who change it.
func (b NoticeBook) keeps(ctx context.Context, name string) (notice.Rule, error) {
	was, err := b.rule(ctx, name)
	if err == nil && !was.MayKeep(auth.Of(ctx)) {
		err = fault.New(fault.Denied, "The rule tells others, which takes the right to operate all that it is about.")
	}
	return was, err
}

// Put adds a rule of revision 0, or replaces that of its revision. The secret of
// a new webhook is made here, and told this once.
func (b NoticeBook) Put(ctx context.Context, r notice.Rule) (put notice.Rule, secret string, err error) {
	if err := b.kept(); err != nil {
		return r, "", err
	}
	noteChange(ctx, nil, r.Shown()) // what is refused must not leave an address in the audit either
	var was notice.Rule
	if r.Revision > 0 {
		if was, err = b.keeps(ctx, r.Name); err != nil {
			return r, "", err
		}
		r = r.Keeping(was)
	}
	w := auth.Of(ctx)
	r.Owner, r.Changed = w.Name, b.Now()
	if r.Channel == notice.Webhook && len(r.Secrets) == 0 {
		secret = newSecret()
		r.Secrets = []string{secret}
	}
	if err := r.Validate(); err != nil {
		return r, "", err
	}
	if !r.MayKeep(w) {
		return r, "", fault.New(fault.Denied, "Telling others takes the right to operate all that the rule is about: narrow its client and tasks to yours, or tell yourself.")
	}
	if r, err = b.Ledger.PutNoticeRule(ctx, r); err != nil {
		return r, "", err
	}
	noteChange(ctx, shownOrNil(was), r.Shown())
	return r.Shown(), secret, nil
}

// shownOrNil is what the audit is told of a rule that may not have been there.
func shownOrNil(was notice.Rule) any {
	if was.Name == "" {
		return nil
	}
	return was.Shown()
}

// newSecret returns what a webhook is signed with.
func newSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// Delete takes a rule away.
func (b NoticeBook) Delete(ctx context.Context, name string) (notice.Rule, error) {
	was, err := b.keeps(ctx, name)
	if err != nil {
		return was.Shown(), err
	}
	if err := b.Ledger.DeleteNoticeRule(ctx, was.Name); err != nil {
		return was.Shown(), err
	}
	noteChange(ctx, was.Shown(), nil)
	return was.Shown(), nil
}

// Test sends a message by a rule that says that nothing happened, as any other
// is sent.
func (b NoticeBook) Test(ctx context.Context, name string) (notice.Delivery, error) {
	r, err := b.keeps(ctx, name)
	if err != nil {
		return notice.Delivery{}, err
	}
	d := notice.Together([]notice.Notice{{
		ID: newID(), Rule: r.Name, Channel: r.Channel, To: r.To,
		Facts: notice.Facts{What: notice.Test, Client: r.Client, Task: r.Tasks, Title: "Rule " + r.Name, Detail: "Nothing happened: " + actor(ctx) + " tries this rule.", At: b.Now(), Path: "/notices"},
	}}, b.Now())
	return d.Shown(), b.Ledger.PutDelivery(ctx, d, nil)
}

// Deliveries returns what was sent to whoever acts, or of jobs and slots that
// they operate, for it names who was told; the newest first, and the cursor of
// what follows.
func (b NoticeBook) Deliveries(ctx context.Context, before string, limit int) (found []notice.Delivery, next string, err error) {
	if err := b.kept(); err != nil {
		return nil, "", err
	}
	for {
		all, err := b.Ledger.Deliveries(ctx, before, maxLimit)
		if err != nil {
			return nil, "", err
		}
		for _, d := range all {
			before = d.ID
			if !reaches(auth.Of(ctx), auth.Operate, d) {
				continue
			}
			if len(found) == limit {
				return found, found[limit-1].ID, nil
			}
			found = append(found, d.Shown())
		}
		if len(all) < maxLimit {
			return found, "", nil
		}
	}
}

// reaches reports whether a delivery went to w, or w has a right over all that
// it tells of. The rule that it is of says nothing: another one may have that
// name by now.
func reaches(w auth.Who, right auth.Right, d notice.Delivery) bool {
	if d.Channel == notice.ToPerson && d.To == w.Name || w.Everywhere(auth.Administer) {
		return true
	}
	beyond := func(f notice.Facts) bool { return !w.May(right, f.Client, f.Task) }
	return len(d.Facts) > 0 && !slices.ContainsFunc(d.Facts, beyond)
}

// MayRetry reports whether whoever acts may let a delivery begin again: one that
// is theirs, or that tells only of what they operate.
func (b NoticeBook) MayRetry(ctx context.Context, d notice.Delivery) bool {
	return reaches(auth.Of(ctx), auth.Operate, d)
}

// Retry lets a delivery that failed begin again.
func (b NoticeBook) Retry(ctx context.Context, id string) (notice.Delivery, error) {
	if err := b.kept(); err != nil {
		return notice.Delivery{}, err
	}
	d, err := b.Ledger.Delivery(ctx, id)
	switch {
	case err != nil:
		return notice.Delivery{}, err
	case !b.MayRetry(ctx, d):
		return notice.Delivery{}, fault.New(fault.NotFound, "There is no delivery %s.", id)
	}
	d, err = b.Ledger.RetryDelivery(ctx, id)
	return d.Shown(), err
}
