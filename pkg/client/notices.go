package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/notice"
)

// The vocabulary of notices, as it stands in the API.
type (
	// A NoticeRule says who is told when something becomes of some jobs.
	NoticeRule = notice.Rule
	// A Follow is somebody who wants to hear when a job has ended.
	Follow = notice.Follow
	// A Delivery is one message, and what became of it.
	Delivery = notice.Delivery
)

// Following is whether somebody hears when a job has ended.
type Following struct {
	Job       string `json:"job"`
	Person    string `json:"person"`
	Following bool   `json:"following"`
}

// FollowList is the jobs that somebody follows.
type FollowList struct {
	Follows []Follow `json:"follows"`
}

// NoticeRuleList is rules by name.
type NoticeRuleList struct {
	Rules []NoticeRule `json:"rules"`
}

// PutNoticeRule is a rule as it is now. Secret is that of a new webhook, which is
// told once.
type PutNoticeRule struct {
	Rule   NoticeRule `json:"rule"`
	Secret string     `json:"secret,omitempty"`
}

// DeliveryList is deliveries, newest first.
type DeliveryList struct {
	Deliveries []Delivery `json:"deliveries"`
	Next       string     `json:"next,omitempty"` // cursor
}

// NotifyMe makes the sender hear when a job has ended.
func (c *Client) NotifyMe(ctx context.Context, job string) (Following, error) {
	return post[Following](ctx, c, path("jobs", job, "notify"), struct{}{})
}

// NotNotifyMe takes that back.
func (c *Client) NotNotifyMe(ctx context.Context, job string) (f Following, err error) {
	_, err = c.do(ctx, http.MethodDelete, path("jobs", job, "notify"), nil, &f)
	return f, err
}

// Follows returns the jobs that the sender follows, the newest first.
func (c *Client) Follows(ctx context.Context) ([]Follow, error) {
	list, err := get[FollowList](ctx, c, path("notices", "follows"), nil)
	return list.Follows, err
}

// NoticeRules returns the rules that the sender may see.
func (c *Client) NoticeRules(ctx context.Context) ([]NoticeRule, error) {
	list, err := get[NoticeRuleList](ctx, c, path("notices", "rules"), nil)
	return list.Rules, err
}

// NoticeRule returns one of them.
func (c *Client) NoticeRule(ctx context.Context, name string) (NoticeRule, error) {
	return get[NoticeRule](ctx, c, path("notices", "rules", name), nil)
}

// PutNoticeRule adds a rule of revision 0, or replaces that of its revision.
func (c *Client) PutNoticeRule(ctx context.Context, r NoticeRule) (put PutNoticeRule, err error) {
	_, err = c.do(ctx, http.MethodPut, path("notices", "rules", r.Name), r, &put)
	return put, err
}

// DeleteNoticeRule takes a rule away.
func (c *Client) DeleteNoticeRule(ctx context.Context, name string) (r NoticeRule, err error) {
	_, err = c.do(ctx, http.MethodDelete, path("notices", "rules", name), nil, &r)
	return r, err
}

// TestNoticeRule sends a message by a rule that says that nothing happened.
func (c *Client) TestNoticeRule(ctx context.Context, name string) (Delivery, error) {
	return post[Delivery](ctx, c, path("notices", "rules", name, "test"), struct{}{})
}

// Deliveries returns what was sent, newest first, behind a cursor if one is given.
func (c *Client) Deliveries(ctx context.Context, before string, limit int) (DeliveryList, error) {
	q := url.Values{}
	set(q, "before", before)
	setNumber(q, "limit", int64(limit))
	return get[DeliveryList](ctx, c, path("notices", "deliveries"), q)
}

// RetryDelivery lets a delivery that failed begin again.
func (c *Client) RetryDelivery(ctx context.Context, id string) (Delivery, error) {
	return post[Delivery](ctx, c, path("notices", "deliveries", id, "retry"), struct{}{})
}
