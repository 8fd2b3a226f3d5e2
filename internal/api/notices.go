package api

import (
	"context"
	"net/http"
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
	// Followed returns which of those jobs a person follows, and Follows all of
	// them, the newest first.
	Followed(ctx context.Context, person string, jobs []string) (map[string]bool, error)
	Follows(ctx context.Context, person string, limit int) ([]notice.Follow, error)
	NoticeRules(ctx context.Context) ([]notice.Rule, error)
	// PutNoticeRule adds a rule of revision 0, or replaces that of its revision.
	PutNoticeRule(ctx context.Context, r notice.Rule) (notice.Rule, error)
	DeleteNoticeRule(ctx context.Context, name string) error
	PutDelivery(ctx context.Context, d notice.Delivery, notices []notice.Notice) error
	Delivery(ctx context.Context, id string) (notice.Delivery, error)
	Deliveries(ctx context.Context, before string, limit int) ([]notice.Delivery, error)
	RetryDelivery(ctx context.Context, id string) (notice.Delivery, error)
}

// follow serves POST /api/v1/jobs/{id}/notify.
func (a *API) follow(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	j, err := a.NoticeBook().Follow(r.Context(), r.PathValue("id"))
	if err != nil {
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
	if err := a.NoticeBook().Unfollow(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.Following{Job: r.PathValue("id"), Person: actor(r.Context())})
}

// follows serves GET /api/v1/notices/follows: those of the sender.
func (a *API) follows(w http.ResponseWriter, r *http.Request) error {
	all, err := a.NoticeBook().Follows(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.FollowList{Follows: orEmpty(all)})
}

// noticeRules serves GET /api/v1/notices/rules: those that the sender may see.
func (a *API) noticeRules(w http.ResponseWriter, r *http.Request) error {
	all, err := a.NoticeBook().Rules(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.NoticeRuleList{Rules: orEmpty(all)})
}

// noticeRule serves GET /api/v1/notices/rules/{name}.
func (a *API) noticeRule(w http.ResponseWriter, r *http.Request) error {
	rule, err := a.NoticeBook().Rule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, rule)
}

// putNoticeRule serves PUT /api/v1/notices/rules/{name}: a new rule, or another
// for the revision that was seen.
func (a *API) putNoticeRule(w http.ResponseWriter, r *http.Request) error {
	var rule notice.Rule
	if err := decode(w, r, &rule); err != nil {
		return err
	}
	rule.Name = r.PathValue("name")
	rule, secret, err := a.NoticeBook().Put(r.Context(), rule)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.PutNoticeRule{Rule: rule, Secret: secret})
}

// deleteNoticeRule serves DELETE /api/v1/notices/rules/{name}.
func (a *API) deleteNoticeRule(w http.ResponseWriter, r *http.Request) error {
	was, err := a.NoticeBook().Delete(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, was)
}

// testNoticeRule serves POST /api/v1/notices/rules/{name}/test.
func (a *API) testNoticeRule(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	d, err := a.NoticeBook().Test(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusAccepted, d)
}

// deliveries serves GET /api/v1/notices/deliveries: those to the sender, and
// those of rules that the sender may see.
func (a *API) deliveries(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	before, limit := q.text("before"), q.limit()
	if q.err != nil {
		return q.err
	}
	found, next, err := a.NoticeBook().Deliveries(r.Context(), before, limit)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.DeliveryList{Deliveries: orEmpty(found), Next: next})
}

// retryDelivery serves POST /api/v1/notices/deliveries/{id}/retry.
func (a *API) retryDelivery(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	d, err := a.NoticeBook().Retry(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusAccepted, d)
}
