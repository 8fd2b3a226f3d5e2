package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// NoticeLedger is the record of who is told what became of jobs.
type NoticeLedger interface {
	Follow(ctx context.Context, job, person string, now time.Time) error
	Unfollow(ctx context.Context, job, person string) error
	NoticeRules(ctx context.Context) ([]notice.Rule, error)
	NoticeRule(ctx context.Context, name string) (notice.Rule, error)
	// PutNoticeRule adds a rule of revision 0, or replaces that of its revision.
	PutNoticeRule(ctx context.Context, r notice.Rule) (notice.Rule, error)
	DeleteNoticeRule(ctx context.Context, name string) error
	PutDelivery(ctx context.Context, d notice.Delivery, notices []notice.Notice) error
	Delivery(ctx context.Context, id string) (notice.Delivery, error)
	Deliveries(ctx context.Context, before string, limit int) ([]notice.Delivery, error)
	RetryDelivery(ctx context.Context, id string) (notice.Delivery, error)
}

func (a *API) noticeLedger() (NoticeLedger, error) {
	if a.Notices == nil {
		return nil, fault.New(fault.Unavailable, "This server tells nobody of jobs.")
	}
	return a.Notices, nil
}

// follow serves POST /api/v1/jobs/{id}/notify.
func (a *API) follow(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	book, err := a.noticeLedger()
	if err != nil {
		return err
	}
	j, err := a.jobInSight(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if j.State.Final() {
		return fault.New(fault.Conflict, "The job has ended already.")
	}
	if err := book.Follow(r.Context(), j.ID, actor(r.Context()), a.Now()); err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.Following{Job: j.ID, Person: actor(r.Context()), Following: true})
}

// jobInSight returns a job that the sender may see, or that is of a lineage
// which the sender started.
func (a *API) jobInSight(ctx context.Context, id string) (job.Job, error) {
	j, err := a.book().Job(ctx, id)
	if err != nil || auth.Of(ctx).Sees(j) {
		return j, err
	}
	if first, err := a.book().Job(ctx, j.Root); err == nil && auth.Of(ctx).Sees(first) {
		return j, nil
	}
	return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
}

// unfollow serves DELETE /api/v1/jobs/{id}/notify.
func (a *API) unfollow(w http.ResponseWriter, r *http.Request) error {
	book, err := a.noticeLedger()
	if err != nil {
		return err
	}
	if err := book.Unfollow(r.Context(), r.PathValue("id"), actor(r.Context())); err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.Following{Job: r.PathValue("id"), Person: actor(r.Context())})
}

// noticeRules serves GET /api/v1/notices/rules: those that the sender may see.
func (a *API) noticeRules(w http.ResponseWriter, r *http.Request) error {
	all, err := a.rulesInSight(r.Context())
	if err != nil {
		return err
	}
	for i := range all {
		all[i] = all[i].Shown()
	}
	return reply(w, http.StatusOK, client.NoticeRuleList{Rules: orEmpty(all)})
}

func (a *API) rulesInSight(ctx context.Context) ([]notice.Rule, error) {
	book, err := a.noticeLedger()
	if err != nil {
		return nil, err
	}
	all, err := book.NoticeRules(ctx)
	return slices.DeleteFunc(all, func(one notice.Rule) bool { return !one.MaySee(auth.Of(ctx)) }), err
}

// ruleInSight returns a rule as it is: one that the sender may not see is not
// there.
func (a *API) ruleInSight(ctx context.Context, name string) (notice.Rule, error) {
	all, err := a.rulesInSight(ctx)
	if err != nil {
		return notice.Rule{}, err
	}
	i := slices.IndexFunc(all, func(one notice.Rule) bool { return one.Name == name })
	if i < 0 {
		return notice.Rule{}, fault.New(fault.NotFound, "There is no rule of notices called %s.", name)
	}
	return all[i], nil
}

// ruleToKeep is ruleInSight for those who change it.
func (a *API) ruleToKeep(ctx context.Context, name string) (notice.Rule, error) {
	was, err := a.ruleInSight(ctx, name)
	if err == nil && !was.MayKeep(auth.Of(ctx)) {
		err = fault.New(fault.Denied, "The rule tells others, which takes the right to operate all that it is about.")
	}
	return was, err
}

// noticeRule serves GET /api/v1/notices/rules/{name}.
func (a *API) noticeRule(w http.ResponseWriter, r *http.Request) error {
	rule, err := a.ruleInSight(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, rule.Shown())
}

// putNoticeRule serves PUT /api/v1/notices/rules/{name}: a new rule, or another
// for the revision that was seen. A new webhook's secret is made here, and told
// in this answer only.
func (a *API) putNoticeRule(w http.ResponseWriter, r *http.Request) error {
	book, err := a.noticeLedger()
	if err != nil {
		return err
	}
	var rule, was notice.Rule
	if err := decode(w, r, &rule); err != nil {
		return err
	}
	rule.Name = r.PathValue("name")
	if rule.Revision > 0 {
		if was, err = a.ruleToKeep(r.Context(), rule.Name); err != nil {
			return err
		}
		rule = rule.Keeping(was)
	}
	who := auth.Of(r.Context())
	rule.Owner, rule.Changed = who.Name, a.Now()
	made := ""
	if rule.Channel == notice.Webhook && len(rule.Secrets) == 0 {
		made = newSecret()
		rule.Secrets = []string{made}
	}
	if err := rule.Validate(); err != nil {
		return err
	}
	if !rule.MayKeep(who) {
		return fault.New(fault.Denied, "Telling others takes the right to operate all that the rule is about: narrow its client and tasks to yours, or tell yourself.")
	}
	if rule, err = book.PutNoticeRule(r.Context(), rule); err != nil {
		return err
	}
	noteChange(r.Context(), shownOrNil(was), rule.Shown())
	return reply(w, http.StatusOK, client.PutNoticeRule{Rule: rule.Shown(), Secret: made})
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

// deleteNoticeRule serves DELETE /api/v1/notices/rules/{name}.
func (a *API) deleteNoticeRule(w http.ResponseWriter, r *http.Request) error {
	was, err := a.ruleToKeep(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if err := a.Notices.DeleteNoticeRule(r.Context(), was.Name); err != nil {
		return err
	}
	noteChange(r.Context(), was.Shown(), nil)
	return reply(w, http.StatusOK, was.Shown())
}

// testNoticeRule serves POST /api/v1/notices/rules/{name}/test: a message that
// nothing happened, sent like any other.
func (a *API) testNoticeRule(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	rule, err := a.ruleToKeep(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	d := notice.Together([]notice.Notice{{
		ID: newID(), Rule: rule.Name, Channel: rule.Channel, To: rule.To,
		Facts: notice.Facts{What: notice.Test, Title: "Rule " + rule.Name, Detail: "Nothing happened: " + actor(r.Context()) + " tries this rule.", At: a.Now(), Path: "/notices"},
	}}, a.Now())
	if err := a.Notices.PutDelivery(r.Context(), d, nil); err != nil {
		return err
	}
	return reply(w, http.StatusAccepted, d.Shown())
}

// deliveries serves GET /api/v1/notices/deliveries: those to the sender, and
// those of rules that the sender may see.
func (a *API) deliveries(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	before, limit := q.text("before"), q.limit()
	if q.err != nil {
		return q.err
	}
	rules, err := a.rulesInSight(r.Context())
	if err != nil {
		return err
	}
	page := client.DeliveryList{Deliveries: []notice.Delivery{}}
	for {
		all, err := a.Notices.Deliveries(r.Context(), before, maxLimit)
		if err != nil {
			return err
		}
		for _, d := range all {
			before = d.ID
			if !inSight(d, rules, auth.Of(r.Context())) {
				continue
			}
			if page.Deliveries = append(page.Deliveries, d.Shown()); len(page.Deliveries) == limit {
				page.Next = d.ID
				return reply(w, http.StatusOK, page)
			}
		}
		if len(all) < maxLimit {
			return reply(w, http.StatusOK, page)
		}
	}
}

func inSight(d notice.Delivery, rules []notice.Rule, who auth.Who) bool {
	if d.Channel == notice.ToPerson && d.To == who.Name || who.Everywhere(auth.Operate) {
		return true
	}
	return slices.ContainsFunc(rules, func(r notice.Rule) bool { return d.Rule == r.Name })
}

// retryDelivery serves POST /api/v1/notices/deliveries/{id}/retry.
func (a *API) retryDelivery(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	rules, err := a.rulesInSight(r.Context())
	if err != nil {
		return err
	}
	d, err := a.Notices.Delivery(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !inSight(d, rules, auth.Of(r.Context())) {
		return fault.New(fault.NotFound, "There is no delivery %s.", d.ID)
	}
	if d, err = a.Notices.RetryDelivery(r.Context(), d.ID); err != nil {
		return err
	}
	return reply(w, http.StatusAccepted, d.Shown())
}
