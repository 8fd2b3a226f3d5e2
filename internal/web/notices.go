package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// Notices is who is told what became of jobs, as far as whoever looks at the
// pages may see and change it.
type Notices interface {
	// Address is where whoever acts reads e-mail; empty: nowhere.
	Address(ctx context.Context) (string, error)
	Follow(ctx context.Context, job string) (job.Job, error)
	Unfollow(ctx context.Context, job string) error
	Followed(ctx context.Context, jobs []string) (map[string]bool, error)
	Follows(ctx context.Context) ([]notice.Follow, error)

	// Rules and deliveries come without secrets.
	Rules(ctx context.Context) ([]notice.Rule, error)
	Rule(ctx context.Context, name string) (notice.Rule, error)
	// Put adds a rule of revision 0, or replaces that of its revision. The
	// secret is that of a new webhook.
	Put(ctx context.Context, r notice.Rule) (put notice.Rule, secret string, err error)
	Delete(ctx context.Context, name string) (notice.Rule, error)
	Test(ctx context.Context, name string) (notice.Delivery, error)
	Deliveries(ctx context.Context, before string, limit int) (found []notice.Delivery, next string, err error)
	MayRetry(ctx context.Context, d notice.Delivery) bool
	Retry(ctx context.Context, delivery string) (notice.Delivery, error)
}

// noticeRoutes are for everybody who sees jobs: what tells others is refused
// by [Notices].
func (s *server) noticeRoutes() []route {
	if s.Notices == nil {
		return nil
	}
	return []route{
		{"POST /jobs/{id}/notify", auth.NeedJobs, s.page(s.ring)},
		{"POST /jobs/{id}/unnotify", auth.NeedJobs, s.page(s.unring)},
		{"GET /notices", auth.NeedJobs, s.page(s.notices)},
		{"GET /notices/new", auth.NeedJobs, s.page(s.newNoticeRule)},
		{"POST /notices/new", auth.NeedJobs, s.page(s.addNoticeRule)},
		{"GET /notices/rules/{rule}", auth.NeedJobs, s.page(s.noticeRule)},
		{"POST /notices/rules/{rule}", auth.NeedJobs, s.page(s.saveNoticeRule)},
		{"POST /notices/rules/{rule}/pause", auth.NeedJobs, s.page(s.pauseNoticeRule(true))},
		{"POST /notices/rules/{rule}/resume", auth.NeedJobs, s.page(s.pauseNoticeRule(false))},
		{"POST /notices/rules/{rule}/test", auth.NeedJobs, s.page(s.testNoticeRule)},
		{"GET /notices/rules/{rule}/delete", auth.NeedJobs, s.page(s.askDeleteNoticeRule)},
		{"POST /notices/rules/{rule}/delete", auth.NeedJobs, s.page(s.deleteNoticeRule)},
		{"POST /notices/deliveries/{delivery}/retry", auth.NeedJobs, s.page(s.retryDelivery)},
	}
}

type noticesPage struct {
	frame
	Sentence   string
	Follows    []followRow
	Rules      []noticeRuleRow
	Channels   []channelRow
	Deliveries []deliveryRow
	Tested     string // the rule whose test is on its way
	Newest     string // URLs; empty: nowhere to go
	Older      string
}

type followRow struct {
	notice.Follow
	Job  job.Job
	Chip chip
	Bell bell // to take it back; not shown for those that have ended
}

// A noticeRuleRow is a rule as the list shows it.
type noticeRuleRow struct {
	notice.Rule
	About, Tells, Where, When string
	Path                      string
	Mine                      bool // whoever looks may change it
}

// A channelRow is a way of telling people, and whether it is open.
type channelRow struct {
	Name, Says string
	Chip       chip
}

type deliveryRow struct {
	notice.Delivery
	Chip  chip
	Where string
	Rule  link // by which it is sent; without a URL: a rule that is gone, or none
	Retry string
}

// notices serves GET /notices: what whoever looks is told of, by which ways, and
// what became of it.
func (s *server) notices(w http.ResponseWriter, r *http.Request) error {
	page, err := s.noticesPage(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "notices", page)
}

func (s *server) noticesPage(ctx context.Context, q url.Values) (page noticesPage, err error) {
	page.Tested = q.Get("tested")
	if page.frame, err = s.frame(ctx, "Notices", "notices"); err != nil {
		return page, err
	}
	address, err := s.Notices.Address(ctx)
	if err != nil {
		return page, fmt.Errorf("read address: %w", err)
	}
	page.Sentence = reachSentence(address, auth.Of(ctx))
	page.Channels = s.channels()
	if page.Follows, err = s.followRows(ctx); err != nil {
		return page, err
	}
	rules, err := s.Notices.Rules(ctx)
	if err != nil {
		return page, fmt.Errorf("list rules: %w", err)
	}
	for _, rule := range rules {
		page.Rules = append(page.Rules, noticeRuleRowOf(rule, auth.Of(ctx)))
	}
	return page, s.fillDeliveries(ctx, &page, q)
}

// reachSentence says where e-mail goes to whoever looks, or what is missing.
func reachSentence(address string, w auth.Who) string {
	switch {
	case address != "":
		return "You are told at " + address + "."
	case w.Name == auth.Local.Name || w.Name == auth.Installation.Name:
		return "There is no e-mail address to tell you at: the setting notify.local_email has it."
	}
	return "There is no e-mail address to tell you at: add it to your account."
}

// channels are the ways of telling people, as the settings have them.
func (s *server) channels() []channelRow {
	good, none := chip{"Open", "check", "succeeded"}, chip{"Not set", "aborted", "aborted"}
	mail := channelRow{"E-mail", "The setting notify.smtp names no server.", none}
	if s.Mail != "" {
		mail = channelRow{"E-mail", "By " + s.Mail + ".", good}
	}
	return []channelRow{
		mail,
		{"Webhooks", "Signed JSON, to the address in a rule.", good},
		{"Chats", "Slack, Teams, Mattermost, or a template, to the address in a rule.", good},
	}
}

// followRows are the jobs that whoever looks follows. One that is no longer kept
// is left out.
func (s *server) followRows(ctx context.Context) (rows []followRow, err error) {
	all, err := s.Notices.Follows(ctx)
	if err != nil {
		return nil, fmt.Errorf("list followed jobs: %w", err)
	}
	for _, f := range all {
		j, err := s.Jobs.Job(ctx, f.Job)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read followed job: %w", err)
		}
		row := followRow{Follow: f, Job: j, Chip: chipOfJob(j)}
		if !j.State.Final() {
			row.Bell = bell{j.ID, true}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func noticeRuleRowOf(r notice.Rule, w auth.Who) noticeRuleRow {
	return noticeRuleRow{
		Rule: r, About: aboutWords(r), Tells: strings.Join(tellsOf(r), ", "), Where: whereWords(r.Channel, r.To), When: whenWords(r),
		Path: rulePath(r.Name), Mine: r.MayKeep(w),
	}
}

// aboutWords say which jobs and slots a rule is about.
func aboutWords(r notice.Rule) string {
	return cmp.Or(r.Tasks, "every task") + " of " + cmp.Or(r.Client, "every client")
}

// tellsOf are the things that a rule tells, in words.
func tellsOf(r notice.Rule) (all []string) {
	for _, what := range r.Outcomes {
		all = append(all, what.Words())
	}
	if r.Late > 0 {
		all = append(all, "starts more than "+writeLasting(r.Late)+" late")
	}
	if r.Over > 0 {
		all = append(all, fmt.Sprintf("takes over %g × as long as usual", r.Over))
	}
	return all
}

func whereWords(c notice.Channel, to string) string {
	switch c {
	case notice.Webhook:
		return "webhook " + to
	case notice.Chat:
		return "chat " + to
	}
	return to
}

// whenWords say when a rule sends; nothing if at once.
func whenWords(r notice.Rule) string {
	var parts []string
	switch r.Digest {
	case notice.Hourly:
		parts = append(parts, "together every hour")
	case notice.Daily:
		parts = append(parts, fmt.Sprintf("together daily at %02d:00", r.Hour))
	}
	if r.Quiet != nil {
		parts = append(parts, "not from "+r.Quiet.From+" to "+r.Quiet.To)
	}
	if len(parts) == 0 {
		return ""
	}
	return capital(strings.Join(parts, ", ")) + ", " + cmp.Or(r.Zone, "UTC")
}

var deliveryChips = map[notice.State]chip{
	notice.Pending:  {"Waits", "waiting", "waiting"},
	notice.Queued:   {"On its way", "queued", "queued"},
	notice.Retrying: {"Tries again", "retry", "waiting"},
	notice.Sent:     {"Sent", "check", "succeeded"},
	notice.Given:    {"Failed", "failed", "failed"},
}

// fillDeliveries reads one page of the delivery log.
func (s *server) fillDeliveries(ctx context.Context, page *noticesPage, q url.Values) error {
	before := q.Get("before")
	found, next, err := s.Notices.Deliveries(ctx, before, perPage)
	if err != nil {
		return fmt.Errorf("list deliveries: %w", err)
	}
	if before != "" {
		page.Newest = "/notices#deliveries"
	}
	if next != "" {
		page.Older = with("/notices", url.Values{}, "before", next) + "#deliveries"
	}
	known := map[string]bool{}
	for _, r := range page.Rules {
		known[r.Name] = true
	}
	for _, d := range found {
		row := deliveryRow{Delivery: d, Chip: deliveryChips[d.State], Where: whereWords(d.Channel, d.To), Rule: link{Text: d.Rule}}
		if known[d.Rule] {
			row.Rule.URL = rulePath(d.Rule)
		}
		if d.State == notice.Given && s.Notices.MayRetry(ctx, d) {
			row.Retry = "/notices/deliveries/" + url.PathEscape(d.ID) + "/retry"
		}
		page.Deliveries = append(page.Deliveries, row)
	}
	return nil
}

func rulePath(name string) string { return "/notices/rules/" + url.PathEscape(name) }

// retryDelivery serves POST /notices/deliveries/{delivery}/retry.
func (s *server) retryDelivery(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Notices.Retry(r.Context(), r.PathValue("delivery")); err != nil {
		return fmt.Errorf("retry delivery: %w", err)
	}
	http.Redirect(w, r, "/notices#deliveries", http.StatusSeeOther)
	return nil
}
