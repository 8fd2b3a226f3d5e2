package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// A noticeRulePage is the form of a rule. What was typed is shown again as it
// was, with what is wrong beside it.
type noticeRulePage struct {
	frame
	New      bool
	Name     string // of a rule that is there
	Action   string
	Typed    url.Values
	Errors   map[string]string // by control
	Outcomes []option
	Channels []option // one: only oneself can be told
	Formats  []option
	Digests  []option
	Tasks    []string
	Clients  []job.Client
	Others   bool // whoever looks may tell others
	Me       string
	CanEdit  bool
}

// Text is what a control says.
func (p noticeRulePage) Text(control string) string { return p.Typed.Get(control) }

// Has reports whether a control of many choices has one of them.
func (p noticeRulePage) Has(control, value string) bool {
	return slices.Contains(p.Typed[control], value)
}

var (
	channelWords = []option{
		{string(notice.ToPerson), "a person, by e-mail"},
		{string(notice.ToEmail), "an e-mail address"},
		{string(notice.Webhook), "a webhook: signed JSON"},
		{string(notice.Chat), "a chat"},
	}
	formatWords = []option{
		{"", "none: not a chat"},
		{string(notice.Slack), "Slack"},
		{string(notice.Teams), "Teams"},
		{string(notice.Mattermost), "Mattermost"},
		{string(notice.Custom), "as the template says"},
	}
	digestWords = []option{
		{string(notice.AtOnce), "at once, each by itself"},
		{string(notice.Hourly), "together, every hour"},
		{string(notice.Daily), "together, once a day"},
	}
)

// outcomeWords are what rules may choose.
func outcomeWords() (all []option) {
	for _, what := range notice.Outcomes {
		word := what.Words()
		if what == notice.Missed {
			word += " (a due time of a schedule)"
		}
		all = append(all, option{string(what), word})
	}
	return all
}

// newNoticeRule serves GET /notices/new.
func (s *server) newNoticeRule(w http.ResponseWriter, r *http.Request) error {
	rule := notice.Rule{Outcomes: []notice.What{notice.Failed}, Channel: notice.ToPerson, To: actor(r.Context()), Zone: s.viewerZone(r)}
	return s.showNoticeRule(w, r, http.StatusOK, "", typedOf(rule), nil)
}

// viewerZone is the name of the zone of whoever looks; empty if it is not known.
func (s *server) viewerZone(r *http.Request) string {
	if name := s.viewer(r).zone.String(); name != "Local" {
		return name
	}
	return ""
}

// noticeRule serves GET /notices/rules/{rule}.
func (s *server) noticeRule(w http.ResponseWriter, r *http.Request) error {
	rule, err := s.Notices.Rule(r.Context(), r.PathValue("rule"))
	if err != nil {
		return fmt.Errorf("read rule: %w", err)
	}
	return s.showNoticeRule(w, r, http.StatusOK, rule.Name, typedOf(rule), nil)
}

// showNoticeRule shows the form; name is that of a rule that is there.
func (s *server) showNoticeRule(w http.ResponseWriter, r *http.Request, status int, name string, typed url.Values, errors map[string]string) error {
	page, err := s.noticeRulePage(r.Context(), name, typed)
	if err != nil {
		return err
	}
	page.Errors = errors
	return s.render(w, r, status, "notice-rule", page)
}

func (s *server) noticeRulePage(ctx context.Context, name string, typed url.Values) (page noticeRulePage, err error) {
	who := auth.Of(ctx)
	page = noticeRulePage{
		New: name == "", Name: name, Action: "/notices/new", Typed: typed, Me: who.Name, Others: who.Anywhere(auth.Operate), CanEdit: true,
		Outcomes: outcomeWords(), Channels: channelWords, Formats: formatWords, Digests: digestWords,
	}
	title := "New rule"
	if name != "" {
		title, page.Action = name, rulePath(name)
		rule, err := s.Notices.Rule(ctx, name)
		page.CanEdit = err == nil && rule.MayKeep(who)
	}
	if page.frame, err = s.frame(ctx, title, "notices"); err != nil {
		return page, err
	}
	if page.Tasks, err = s.tasks(ctx); err != nil {
		return page, err
	}
	if page.Clients, err = s.Catalogue.Clients(ctx); err != nil {
		return page, fmt.Errorf("list clients: %w", err)
	}
	return page, nil
}

// typedOf is a rule as the form has it.
func typedOf(r notice.Rule) url.Values {
	v := url.Values{
		"name": {r.Name}, "tasks": {r.Tasks}, "client": {r.Client}, "late": {writeLasting(r.Late)}, "over": {writeFactor(r.Over)},
		"channel": {string(r.Channel)}, "to": {r.To}, "format": {string(r.Format)}, "template": {r.Template}, "secrets": {strings.Join(r.Secrets, "\n")},
		"digest": {string(r.Digest)}, "hour": {strconv.Itoa(r.Hour)}, "zone": {r.Zone}, "revision": {strconv.FormatInt(r.Revision, 10)},
	}
	for _, what := range r.Outcomes {
		v.Add("outcomes", string(what))
	}
	if r.Quiet != nil {
		v.Set("quiet_from", r.Quiet.From)
		v.Set("quiet_to", r.Quiet.To)
	}
	if r.Paused {
		v.Set("paused", "1")
	}
	return v
}

func writeFactor(over float64) string {
	if over == 0 {
		return ""
	}
	return strconv.FormatFloat(over, 'f', -1, 64)
}

// ruleOf reads the form. What cannot be read is said by control.
func ruleOf(form url.Values) (r notice.Rule, wrong map[string]string) {
	text := func(control string) string { return strings.TrimSpace(form.Get(control)) }
	r = notice.Rule{
		Name: text("name"), Tasks: text("tasks"), Client: text("client"), Channel: notice.Channel(text("channel")), To: text("to"),
		Digest: notice.Digest(text("digest")), Zone: text("zone"), Paused: form.Get("paused") != "", Secrets: strings.Fields(form.Get("secrets")),
	}
	for _, what := range form["outcomes"] {
		r.Outcomes = append(r.Outcomes, notice.What(what))
	}
	if r.Channel == notice.Chat {
		r.Format, r.Template = notice.Format(text("format")), text("template")
	}
	if r.Channel != notice.Webhook {
		r.Secrets = nil
	}
	if from, to := text("quiet_from"), text("quiet_to"); from != "" || to != "" {
		r.Quiet = &notice.Quiet{From: from, To: to}
	}
	return r, readNumbers(&r, text)
}

// readNumbers reads what of the form is a number or a length of time.
func readNumbers(r *notice.Rule, text func(string) string) map[string]string {
	wrong := map[string]string{}
	late, err := readLasting(text("late"))
	if err != nil {
		wrong["late"] = fault.Message(err)
	}
	r.Late = late
	if r.Over, err = strconv.ParseFloat(cmp.Or(strings.ReplaceAll(text("over"), ",", "."), "0"), 64); err != nil {
		wrong["over"] = "Write how many times as long as usual, such as 2 or 1.5."
	}
	if r.Hour, err = strconv.Atoi(cmp.Or(text("hour"), "0")); err != nil {
		wrong["hour"] = "The hour is a number from 0 to 23."
	}
	if r.Revision, err = strconv.ParseInt(cmp.Or(text("revision"), "0"), 10, 64); err != nil || r.Revision < 0 {
		wrong[""] = "The form is broken; open the rule again."
	}
	return wrong
}

// noticeControls are the controls of the fields whose names differ.
var noticeControls = map[string]string{"late_seconds": "late", "quiet": "quiet_from"}

// addNoticeRule serves POST /notices/new.
func (s *server) addNoticeRule(w http.ResponseWriter, r *http.Request) error {
	return s.putNoticeRule(w, r, "")
}

// saveNoticeRule serves POST /notices/rules/{rule}.
func (s *server) saveNoticeRule(w http.ResponseWriter, r *http.Request) error {
	return s.putNoticeRule(w, r, r.PathValue("rule"))
}

// putNoticeRule keeps what the form says, or shows it again with what is wrong.
func (s *server) putNoticeRule(w http.ResponseWriter, r *http.Request, name string) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
	}
	rule, wrong := ruleOf(r.PostForm)
	if name == "" {
		rule.Revision = 0
	} else {
		rule.Name = name
	}
	if len(wrong) > 0 {
		return s.showNoticeRule(w, r, http.StatusBadRequest, name, r.PostForm, wrong)
	}
	put, secret, err := s.Notices.Put(r.Context(), rule)
	if sentence, status, ok := mistakeOf(err); err != nil && ok {
		return s.showNoticeRule(w, r, status, name, r.PostForm, map[string]string{noticeControl(err): sentence})
	}
	if err != nil {
		return fmt.Errorf("put rule: %w", err)
	}
	if secret != "" {
		return s.showSecret(w, r, put.Name, secret)
	}
	http.Redirect(w, r, "/notices#rules", http.StatusSeeOther)
	return nil
}

// noticeControl is the control that a refusal is about; empty: all of them.
func noticeControl(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	return cmp.Or(noticeControls[f.Field], f.Field)
}

// showSecret shows what the messages of a webhook are signed with, which is told
// here only.
func (s *server) showSecret(w http.ResponseWriter, r *http.Request, name, secret string) error {
	frame, err := s.frame(r.Context(), "New webhook", "notices")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "secret", secretPage{
		frame, "The secret of " + name, "Messages are signed with it, as Standard Webhooks says. Give it to the receiver now: it is not shown again.", secret,
		link{"Back to notices", "/notices"},
	})
}

// pauseNoticeRule serves POST /notices/rules/{rule}/pause and …/resume.
func (s *server) pauseNoticeRule(paused bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		rule, err := s.Notices.Rule(r.Context(), r.PathValue("rule"))
		if err != nil {
			return fmt.Errorf("read rule: %w", err)
		}
		rule.Paused = paused
		if _, _, err := s.Notices.Put(r.Context(), rule); err != nil {
			return fmt.Errorf("pause rule: %w", err)
		}
		http.Redirect(w, r, "/notices#rules", http.StatusSeeOther)
		return nil
	}
}

// testNoticeRule serves POST /notices/rules/{rule}/test.
func (s *server) testNoticeRule(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("rule")
	if _, err := s.Notices.Test(r.Context(), name); err != nil {
		return fmt.Errorf("test rule: %w", err)
	}
	http.Redirect(w, r, "/notices?tested="+url.QueryEscape(name)+"#deliveries", http.StatusSeeOther)
	return nil
}

type deleteRulePage struct {
	frame
	Rule noticeRuleRow
}

// askDeleteNoticeRule serves GET /notices/rules/{rule}/delete, which asks and
// does nothing.
func (s *server) askDeleteNoticeRule(w http.ResponseWriter, r *http.Request) error {
	rule, err := s.Notices.Rule(r.Context(), r.PathValue("rule"))
	if err != nil {
		return fmt.Errorf("read rule: %w", err)
	}
	frame, err := s.frame(r.Context(), "Delete rule", "notices")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "delete-notice-rule", deleteRulePage{frame, noticeRuleRowOf(rule, auth.Of(r.Context()))})
}

// deleteNoticeRule serves POST /notices/rules/{rule}/delete.
func (s *server) deleteNoticeRule(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Notices.Delete(r.Context(), r.PathValue("rule")); err != nil {
		return fmt.Errorf("delete rule: %w", err)
	}
	http.Redirect(w, r, "/notices#rules", http.StatusSeeOther)
	return nil
}
