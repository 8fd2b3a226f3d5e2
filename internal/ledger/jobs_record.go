package ledger

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// readRecords returns what is recorded of jobs and can change, their attempts
// apart.
func readRecords(ctx context.Context, w writer, ids []string) ([]*record, error) {
	where, arg, err := w.among("id", ids)
	if err != nil {
		return nil, err
	}
	scan := func(row row) (*record, error) {
		r := &record{known: true, attempts: map[int]*attempt{}}
		var c changingValues
		err := row.Scan(append([]any{&r.ID, &r.Client, &r.Task, &r.Queue, &r.seen}, c.of(&r.Job)...)...)
		c.settle(&r.Job)
		r.before, r.was, r.over = r.seen, detailOf(&r.Job), r.Ended != nil
		return r, err
	}
	return list(ctx, w, scan, `SELECT id, client, task, queue, seen, `+changingColumns+` FROM jobs WHERE `+where, arg)
}

// What is written of a job that changes, and of a new one.
const changingBulk = `state TEXT, reason TEXT, waiting TEXT, stage TEXT, progress TEXT, errors BIGINT, error TEXT, troubled BIGINT,
	attempt BIGINT, failures BIGINT, crashes BIGINT, worker TEXT, due_at BIGINT, started_at BIGINT, ended_at BIGINT, seen TEXT, id TEXT`

// A detail is what changes of a job but seldom: most go from state to state and
// have nothing to tell.
type detail struct {
	reason, error     string
	waiting           *job.Wait
	progress          job.Progress
	errors            int64
	failures, crashes int
	due               time.Time
}

func detailOf(j *job.Job) detail {
	return detail{j.Reason, j.Error, j.Waiting, j.Progress, j.Errors, j.Failures, j.Crashes, j.Due}
}

// onlyMoved reports whether the detail of a job that was known is what it was.
func (r *record) onlyMoved() bool {
	return r.known && r.State != job.Failed && r.was == detailOf(&r.Job)
}

var (
	movedJobs   = changing("jobs", `state TEXT, attempt BIGINT, worker TEXT, started_at BIGINT, ended_at BIGINT, seen TEXT, id TEXT`)
	changedJobs = changing("jobs", changingBulk)
	newJobs     = inserting("jobs", changingBulk+`, task TEXT, description TEXT, client TEXT, owner TEXT, queue TEXT, args TEXT,
		parent TEXT, root TEXT, retry_of TEXT, schedule TEXT, slot_at BIGINT, trace TEXT, expires_at BIGINT, created_at BIGINT`, "")
)

// putJobs writes what is recorded of jobs, new and known.
func putJobs(ctx context.Context, w writer, records []*record) error {
	var added, moved, changed [][]any
	for _, r := range records {
		switch {
		case !r.known:
			added = append(added, append(r.changing(), r.lasting()...))
		case r.onlyMoved():
			moved = append(moved, r.moving())
		default:
			changed = append(changed, r.changing())
		}
	}
	if err := w.put(ctx, newJobs, added); err != nil {
		return err
	}
	if err := putTags(ctx, w, records); err != nil {
		return err
	}
	if err := w.put(ctx, movedJobs, moved); err != nil {
		return err
	}
	if err := w.put(ctx, changedJobs, changed); err != nil {
		return err
	}
	texts, err := readTexts(ctx, w, records)
	if err != nil {
		return err
	}
	return w.putTexts(ctx, texts)
}

// moving returns the values that movedJobs writes.
func (r *record) moving() []any {
	j := &r.Job
	return []any{string(j.State), int64(j.Attempt), key(j.Worker), maybe(j.Started), maybe(j.Ended), r.seen, j.ID}
}

// changing returns the values that change, as changingBulk names them.
func (r *record) changing() []any {
	j := &r.Job
	return append(make([]any, 0, 31),
		string(j.State), prose(j.Reason), waitText(j.Waiting), key(j.Progress.Stage), progressText(j.Progress),
		j.Errors, prose(j.Error), flag(j.Errors > 0 || j.State == job.Failed),
		int64(j.Attempt), int64(j.Failures), int64(j.Crashes), key(j.Worker),
		millis(j.Due), maybe(j.Started), maybe(j.Ended), r.seen, j.ID)
}

// lasting returns the values that do not change.
func (r *record) lasting() []any {
	j := &r.Job
	return []any{
		key(j.Task), prose(j.Description), key(j.Client), key(j.Owner), key(j.Queue), raw(j.Args),
		key(j.Parent), key(j.Root), key(j.RetryOf), key(j.Schedule), maybe(j.Slot), key(j.Trace), maybe(j.Expires), millis(j.Created),
	}
}

// waitText returns what a job waits for as it is stored.
func waitText(w *job.Wait) string {
	if w == nil {
		return ""
	}
	body, err := json.Marshal(w)
	if err != nil {
		return "" // the reason still says it in words
	}
	return clean(string(body))
}

func readWait(text string) *job.Wait {
	if text == "" {
		return nil
	}
	var w job.Wait
	if json.Unmarshal([]byte(text), &w) != nil {
		return nil
	}
	return &w
}

// progressText returns the counts of p as they are stored.
func progressText(p job.Progress) string {
	p.Stage = ""
	if p == (job.Progress{}) {
		return ""
	}
	text := make([]byte, 0, 24)
	for _, n := range []int64{p.Done, p.Total, p.Created, p.Changed, p.Removed} {
		text = append(strconv.AppendInt(text, n, 10), ' ')
	}
	return string(text[:len(text)-1])
}

// readProgress reads the counts of p.
func readProgress(text string, p *job.Progress) {
	if text == "" {
		return
	}
	for _, n := range []*int64{&p.Done, &p.Total, &p.Created, &p.Changed, &p.Removed} {
		var number string
		number, text, _ = strings.Cut(text, " ")
		*n, _ = strconv.ParseInt(number, 10, 64)
	}
}
