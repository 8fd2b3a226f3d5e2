package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A ruleForm is a rule as people write it.
type ruleForm struct{ Client, Tasks, Jobs, Errors, Logs, Reason string }

func ruleFormOf(r *http.Request) ruleForm {
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return ruleForm{text("client"), text("tasks"), text("jobs"), text("errors"), text("logs"), text("reason")}
}

// rule reads what was written.
func (f ruleForm) rule() (job.RetentionRule, error) {
	r := job.RetentionRule{Client: f.Client, Tasks: f.Tasks, Reason: f.Reason}
	for _, part := range []struct {
		what, text string
		keep       **job.Keep
	}{{"jobs", f.Jobs, &r.Jobs}, {"errors", f.Errors, &r.Errors}, {"logs", f.Logs, &r.Logs}} {
		if part.text == "" {
			continue
		}
		keep, err := job.ParseKeep(part.text)
		if err != nil {
			return r, fault.New(fault.Invalid, "How long %s are kept %s.", part.what, err.Error()).In(part.what)
		}
		*part.keep = &keep
	}
	return r, nil
}

type retentionEditPage struct {
	frame
	Form    ruleForm
	Clients []string
	Mistake string
	Would   *job.Prunable // what would go; nil: nobody has asked yet
}

// wouldSay says what would go, in a sentence.
func wouldSay(p job.Prunable) string {
	n := counted(p.Jobs, "job", "jobs")
	if p.AtLeast {
		n += " or more"
	}
	return fmt.Sprintf("The next run would remove %s; as things are it would remove %s.", n, number(p.Before))
}

// editRetention serves GET /retention/edit: the rule of that scope, or a new one.
func (s *server) editRetention(w http.ResponseWriter, r *http.Request) error {
	form := ruleForm{Client: r.FormValue("client"), Tasks: r.FormValue("tasks")}
	policy, err := s.Retention.Policy(r.Context())
	if err != nil {
		return fmt.Errorf("read what is kept: %w", err)
	}
	if i := slices.IndexFunc(policy.Rules, job.RetentionRule{Client: form.Client, Tasks: form.Tasks}.SameScope); i >= 0 {
		rule := policy.Rules[i]
		form.Jobs, form.Errors, form.Logs = written(rule.Jobs), written(rule.Errors), written(rule.Logs)
	}
	return s.showRetentionForm(w, r, http.StatusOK, retentionEditPage{Form: form})
}

func written(k *job.Keep) string {
	if k == nil {
		return ""
	}
	return k.String()
}

func (s *server) showRetentionForm(w http.ResponseWriter, r *http.Request, status int, page retentionEditPage) error {
	var err error
	if page.frame, err = s.frame(r.Context(), "Retention rule", "system"); err != nil {
		return err
	}
	clients, err := s.Catalogue.Clients(r.Context())
	if err != nil {
		return fmt.Errorf("list clients: %w", err)
	}
	for _, c := range clients {
		page.Clients = append(page.Clients, c.Name)
	}
	return s.render(w, r, status, "retention-edit", page)
}

// saveRetention serves POST /retention/edit. It says first what would go; only
// the page that says so has the button that saves.
func (s *server) saveRetention(w http.ResponseWriter, r *http.Request) error {
	form := ruleFormOf(r)
	rule, err := form.rule()
	if err == nil && r.PostFormValue("do") == "save" {
		if _, _, err = s.Retention.Put(r.Context(), rule); err == nil {
			http.Redirect(w, r, "/retention", http.StatusSeeOther)
			return nil
		}
	}
	page := retentionEditPage{Form: form}
	if err == nil {
		var would job.Prunable
		if would, err = s.Retention.Preview(r.Context(), rule); err == nil {
			page.Would = &would
			return s.showRetentionForm(w, r, http.StatusOK, page)
		}
	}
	mistake, status, ok := mistakeOf(err)
	if !ok {
		return err
	}
	page.Mistake = mistake
	return s.showRetentionForm(w, r, status, page)
}

type retentionDeletePage struct {
	frame
	Rule  job.RetentionRule
	Would job.Prunable
}

// askDeleteRetention serves GET /retention/delete, which asks and does nothing.
func (s *server) askDeleteRetention(w http.ResponseWriter, r *http.Request) (err error) {
	page := retentionDeletePage{Rule: job.RetentionRule{Client: r.FormValue("client"), Tasks: r.FormValue("tasks")}}
	if page.Would, err = s.Retention.PreviewWithout(r.Context(), page.Rule); err != nil {
		return fmt.Errorf("count what would be removed: %w", err)
	}
	if page.frame, err = s.frame(r.Context(), "Delete retention rule", "system"); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "retention-delete", page)
}

// deleteRetention serves POST /retention/delete.
func (s *server) deleteRetention(w http.ResponseWriter, r *http.Request) error {
	form := ruleFormOf(r)
	if _, err := s.Retention.Delete(r.Context(), job.RetentionRule{Client: form.Client, Tasks: form.Tasks, Reason: form.Reason}); err != nil {
		return fmt.Errorf("delete retention rule: %w", err)
	}
	http.Redirect(w, r, "/retention", http.StatusSeeOther)
	return nil
}
