package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// tagsColumn is the tags of a job, with spaces between them.
const tagsColumn = `COALESCE((SELECT string_agg(tag, ' ' ORDER BY tag) FROM job_tags WHERE job = jobs.id), '')`

// readTags reads what tagsColumn says; nil if there are none.
func readTags(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

var newTags = inserting("job_tags", `job TEXT, tag TEXT, created_at BIGINT`, "ON CONFLICT DO NOTHING")

// putTags writes the tags of new jobs. They never change.
func putTags(ctx context.Context, w writer, records []*record) error {
	var rows [][]any
	for _, r := range records {
		if r.known {
			continue
		}
		for _, tag := range r.Tags {
			rows = append(rows, []any{r.ID, key(tag), millis(r.Created)})
		}
	}
	return w.put(ctx, newTags, rows)
}

// tagged keeps the walk to jobs that have all the tags.
func (w *walk) tagged(tags []string) {
	for _, tag := range tags {
		w.narrows = append(w.narrows, "EXISTS (SELECT 1 FROM job_tags WHERE job = jobs.id AND tag = "+w.arg(tag)+")")
	}
}

// lookForTags finds the newest jobs that have one of the tags of f: the first
// that so few jobs have that all of them are found, or else the last. If none is
// rare, and an index knows few jobs that may fit, w goes along that one.
func (l *Ledger) lookForTags(ctx context.Context, f job.Filter, w *walk, among int) (floor, error) {
	before, err := l.place(ctx, f.Before)
	if err != nil {
		return floor{}, err
	}
	var ids []string
	var found string
	for _, found = range f.Tags {
		if ids, err = l.newestTagged(ctx, found, f.Created, before, among); err != nil {
			return floor{}, err
		}
		if len(ids) < among {
			break
		}
	}
	if len(ids) == among && fewerThanTagged(f) {
		w.tagged(f.Tags)
		return l.lookAlong(ctx, f)
	}
	w.tagged(slices.DeleteFunc(slices.Clone(f.Tags), func(tag string) bool { return tag == found }))
	return l.keepTo(ctx, w, ids, len(ids) == among)
}

// fewerThanTagged reports whether f chooses a lineage, or jobs in one state that
// is soon left.
func fewerThanTagged(f job.Filter) bool {
	return f.Root != "" || len(f.States) == 1 && !f.States[0].Final()
}

// newestTagged returns the ids of the newest jobs that have a tag.
func (l *Ledger) newestTagged(ctx context.Context, tag string, p job.Period, before job.Place, most int) ([]string, error) {
	var w walk
	of := "(SELECT job AS id, created_at FROM job_tags WHERE tag = " + w.arg(tag) + ") AS tagged"
	w.bound(p, before)
	where := strings.Join(append([]string{"1 = 1"}, w.bounds...), " AND ")
	query := fmt.Sprintf("SELECT id FROM %s WHERE %s ORDER BY created_at DESC, id DESC LIMIT %d", of, where, most)
	return list(ctx, l.read, scanText, query, w.args...)
}
