package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/notice"
)

// Follow makes a person hear when a job has ended. Twice is the same as once.
func (l *Ledger) Follow(ctx context.Context, job, person string, now time.Time) error {
	_, err := l.write.ExecContext(ctx, `INSERT INTO notice_follows (job, person, since) VALUES ($1, $2, $3)
		ON CONFLICT (job, person) DO NOTHING`, key(job), key(person), millis(now))
	return wrap(err, "follow job %s", job)
}

// Unfollow takes that back.
func (l *Ledger) Unfollow(ctx context.Context, job, person string) error {
	_, err := l.write.ExecContext(ctx, `DELETE FROM notice_follows WHERE job = $1 AND person = $2 AND told IS NULL`, key(job), key(person))
	return wrap(err, "no longer follow job %s", job)
}

const followColumns = `SELECT person, job, since, told FROM notice_follows `

func scanFollow(r row) (f notice.Follow, err error) {
	var since int64
	var told sql.NullInt64
	err = r.Scan(&f.Person, &f.Job, &since, &told)
	f.Since, f.Told = instant(since), known(told)
	return f, err
}

// Follows returns the jobs that a person follows, the newest first.
func (l *Ledger) Follows(ctx context.Context, person string, limit int) ([]notice.Follow, error) {
	all, err := list(ctx, l.read, scanFollow, followColumns+`WHERE person = $1 ORDER BY since DESC, job DESC LIMIT $2`, key(person), atMost(limit))
	return all, wrap(err, "list jobs that %s follows", person)
}

// Followed returns which of those jobs a person follows.
func (l *Ledger) Followed(ctx context.Context, person string, jobs []string) (map[string]bool, error) {
	followed := map[string]bool{}
	names, arg, err := l.each(jobs)
	if err != nil {
		return nil, wrap(err, "read which jobs %s follows", person)
	}
	scan := func(r row) (string, error) { return scanText(r) }
	found, err := list(ctx, l.read, scan, `SELECT job FROM notice_follows WHERE person = $2 AND job IN (SELECT name FROM `+names+`)`, arg, key(person))
	for _, id := range found {
		followed[id] = true
	}
	return followed, wrap(err, "read which jobs %s follows", person)
}

// Followers returns who is still to hear when a job has ended.
func (l *Ledger) Followers(ctx context.Context, job string) ([]notice.Follow, error) {
	all, err := list(ctx, l.read, scanFollow, followColumns+`WHERE job = $1 AND told IS NULL ORDER BY person`, key(job))
	return all, wrap(err, "list followers of job %s", job)
}
