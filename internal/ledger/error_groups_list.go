package ledger

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A choice is conditions and their arguments.
type choice struct {
	conditions []string
	args       []any
}

// where adds a condition, in which ? is value; an empty text asks for nothing.
func (c *choice) where(condition string, value any) {
	if value != "" {
		c.conditions = append(c.conditions, strings.ReplaceAll(condition, "?", c.arg(value)))
	}
}

func (c *choice) arg(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *choice) all() string { return strings.Join(append(c.conditions, "1 = 1"), " AND ") }

func scanErrorGroup(r row) (g job.ErrorGroup, err error) {
	var first, last int64
	err = r.Scan(&g.Fingerprint, &g.Task, &g.Code, &g.Pattern, &g.Errors, &g.Jobs, &g.Clients, &first, &last, &g.JobID, &g.Message)
	g.First, g.Last = instant(first), instant(last)
	return g, err
}

// ErrorGroups returns the groups of errors that f chooses, last seen first.
func (l *Ledger) ErrorGroups(ctx context.Context, f job.ErrorFilter) ([]job.ErrorGroup, error) {
	var c choice
	c.where("client = ?", key(f.Client))
	c.where("task = ?", key(f.Task))
	c.where("fingerprint = ?", key(f.Fingerprint))
	seen := c.within(f.Within)
	c.where(`(LOWER(pattern) LIKE ? ESCAPE '\' OR LOWER(code) LIKE ? ESCAPE '\')`, containing(f.Text))
	having := choice{args: c.args}
	if !f.From.IsZero() {
		having.where("MAX(last_at) >= ?", millis(f.From))
	}
	if !f.To.IsZero() {
		having.where("MIN(first_at) < ?", millis(f.To))
	}
	if f.Before != "" {
		at, fingerprint, ok := cursor(f.Before)
		if !ok {
			return nil, noCursor(f.Before)
		}
		having.conditions = append(having.conditions, "(MAX(last_at), fingerprint) < ("+having.arg(at)+", "+having.arg(fingerprint)+")")
	}
	found, err := l.errorGroups(ctx, c, having, f.Client, seen, f.Limit)
	return found, wrap(err, "list groups of errors")
}

// within adds the condition that errors are of one of the reaches, and returns
// it; it is empty if there are no bounds.
func (c *choice) within(reaches []job.Reach) string {
	if reaches == nil {
		return ""
	}
	any := []string{"1 = 0"}
	for _, r := range reaches {
		if r.Owner == "" {
			any = append(any, c.reach(r))
		}
	}
	condition := "(" + strings.Join(any, " OR ") + ")"
	c.conditions = append(c.conditions, condition)
	return condition
}

// reach returns the condition that something is of the client and the tasks of
// a reach.
func (c *choice) reach(r job.Reach) string {
	all := []string{"1 = 1"}
	if r.Client != "" {
		all = append(all, "client = "+c.arg(key(r.Client)))
	}
	if begin, open := strings.CutSuffix(r.Tasks, "*"); open {
		all = append(all, fmt.Sprintf("SUBSTR(task, 1, %d) = %s", utf8.RuneCountInString(begin), c.arg(begin)))
	} else if r.Tasks != "" {
		all = append(all, "task = "+c.arg(key(r.Tasks)))
	}
	return "(" + strings.Join(all, " AND ") + ")"
}

// errorGroups folds the groups of several clients into one, and adds the newest
// error of each: that of the client if one is named, among those that are seen.
func (l *Ledger) errorGroups(ctx context.Context, where, having choice, client, seen string, limit int) ([]job.ErrorGroup, error) {
	newest := `FROM error_groups e WHERE e.fingerprint = g.fingerprint`
	if client != "" {
		newest += ` AND e.client = $1`
	}
	if seen != "" {
		newest += ` AND ` + seen
	}
	newest += ` ORDER BY e.last_at DESC, e.client LIMIT 1`
	return list(ctx, l.read, scanErrorGroup, `SELECT g.*, (SELECT e.job_id `+newest+`), (SELECT e.message `+newest+`) FROM (
			SELECT fingerprint, MIN(task) AS task, MIN(code) AS code, MIN(pattern) AS pattern,
				CAST(SUM(errors) AS BIGINT) AS errors, CAST(SUM(jobs) AS BIGINT) AS jobs, COUNT(*) AS clients,
				MIN(first_at) AS first_seen, MAX(last_at) AS last_seen
			FROM error_groups WHERE `+where.all()+` GROUP BY fingerprint HAVING `+having.all()+`
			ORDER BY last_seen DESC, fingerprint DESC LIMIT `+strconv.Itoa(page(limit))+`) AS g
		ORDER BY g.last_seen DESC, g.fingerprint DESC`, having.args...)
}

// ErrorGroup returns one group, or what the client has of it.
func (l *Ledger) ErrorGroup(ctx context.Context, fingerprint, client string) (job.ErrorGroup, error) {
	var c choice
	c.where("client = ?", key(client))
	c.where("fingerprint = ?", key(fingerprint))
	found, err := l.errorGroups(ctx, c, choice{args: c.args}, client, "", 1)
	if err == nil && len(found) == 0 || fingerprint == "" {
		return job.ErrorGroup{}, fault.New(fault.NotFound, "There is no group of errors %q; jobctl errors lists them.", fingerprint)
	}
	if err != nil {
		return job.ErrorGroup{}, wrap(err, "read group of errors %s", fingerprint)
	}
	return found[0], nil
}

// cursor reads the time at which a page begins, and what comes behind it.
func cursor(text string) (at int64, rest string, ok bool) {
	number, rest, ok := strings.Cut(key(text), ".")
	at, err := strconv.ParseInt(number, 10, 64)
	return at, rest, ok && err == nil
}

func noCursor(text string) error {
	return fault.New(fault.Invalid, "%q is not where a page begins; use what the page before gave as next.", key(text)).In("before")
}
