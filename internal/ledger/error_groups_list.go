package ledger

import (
	"context"
	"strconv"
	"strings"

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
	found, err := l.errorGroups(ctx, c, having, f)
	return found, wrap(err, "list groups of errors")
}

// errorGroups folds the groups of several clients into one, and adds the newest
// error of each.
func (l *Ledger) errorGroups(ctx context.Context, where, having choice, f job.ErrorFilter) ([]job.ErrorGroup, error) {
	newest := `FROM error_groups e WHERE e.fingerprint = g.fingerprint`
	if f.Client != "" {
		newest += ` AND e.client = $1`
	}
	newest += ` ORDER BY e.last_at DESC, e.client LIMIT 1`
	return list(ctx, l.read, scanErrorGroup, `SELECT g.*, (SELECT e.job_id `+newest+`), (SELECT e.message `+newest+`) FROM (
			SELECT fingerprint, MIN(task) AS task, MIN(code) AS code, MIN(pattern) AS pattern,
				CAST(SUM(errors) AS BIGINT) AS errors, CAST(SUM(jobs) AS BIGINT) AS jobs, COUNT(*) AS clients,
				MIN(first_at) AS first_seen, MAX(last_at) AS last_seen
			FROM error_groups WHERE `+where.all()+` GROUP BY fingerprint HAVING `+having.all()+`
			ORDER BY last_seen DESC, fingerprint DESC LIMIT `+strconv.Itoa(page(f.Limit))+`) AS g
		ORDER BY g.last_seen DESC, g.fingerprint DESC`, having.args...)
}

// ErrorGroup returns one group, or what the client has of it.
func (l *Ledger) ErrorGroup(ctx context.Context, fingerprint, client string) (job.ErrorGroup, error) {
	var c choice
	c.where("client = ?", key(client))
	c.where("fingerprint = ?", key(fingerprint))
	found, err := l.errorGroups(ctx, c, choice{args: c.args}, job.ErrorFilter{Client: client, Limit: 1})
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
