package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// How much of a job is searched.
const maxTokens = 200 // of its description, and of its error

// inError marks a word of an error, which is searched twice: among all words,
// and among those of errors.
const inError = "!"

// A jobText is what is searched of a job.
type jobText struct {
	id      string
	created int64
	words   string
	again   bool // it was searched before, with other words
}

func textOf(id, description, failure string, created int64) jobText {
	words := job.Tokens(description, maxTokens)
	for _, token := range job.Tokens(failure, maxTokens) {
		words = append(words, token, inError+token)
	}
	slices.Sort(words)
	return jobText{id: id, created: created, words: strings.Join(slices.Compact(words), " ")}
}

// readTexts returns what is to be searched of jobs that are new, or whose error
// is another one now.
func readTexts(ctx context.Context, w writer, records []*record) (texts []jobText, err error) {
	var changed []string
	for _, r := range records {
		if !r.known {
			texts = append(texts, textOf(r.ID, r.Description, r.Error, millis(r.Created)))
		} else if r.was.error != r.Error {
			changed = append(changed, r.ID)
		}
	}
	if len(changed) == 0 {
		return texts, nil
	}
	where, arg, err := w.among("id", changed)
	if err != nil {
		return nil, err
	}
	more, err := list(ctx, w, scanJobText, selectTexts+` WHERE `+where, arg)
	for i := range more {
		more[i].again = true
	}
	return append(texts, more...), err
}

const selectTexts = `SELECT id, description, error, created_at FROM jobs`

func scanJobText(r row) (jobText, error) {
	var id, description, failure string
	var created int64
	err := r.Scan(&id, &description, &failure, &created)
	return textOf(id, description, failure, created), err
}

// numberBits is how many numbers there are for jobs of one millisecond.
const numberBits = 20

// firstNumber is the lowest number of a job of that millisecond.
func firstNumber(created int64) int64 { return min(max(created, 0), 1<<42) << numberBits }

// Words are written as VALUES: an INSERT that selects may be undone half way, for
// which SQLite has the whole index of words written out before each of them.
const (
	numberText = `INSERT INTO job_texts (number, job_id)
		SELECT COALESCE((SELECT MAX(number) FROM job_texts WHERE number >= ?1 AND number < ?1 + (1 << 20)), ?1 - 1) + 1, ?2
		WHERE true ON CONFLICT (job_id) DO NOTHING`
	wordText  = `INSERT INTO job_words (rowid, words) VALUES ((SELECT number FROM job_texts WHERE job_id = ?1), ?2)`
	otherText = `INSERT OR REPLACE INTO job_words (rowid, words) VALUES ((SELECT number FROM job_texts WHERE job_id = ?1), ?2)`
)

var putText = joining("job_id TEXT, created_at BIGINT, words TEXT", `INSERT INTO job_texts (job_id, created_at, words)
	SELECT r.job_id, r.created_at, array_to_tsvector(string_to_array(r.words, ' ')) FROM rows AS r
	ON CONFLICT (job_id) DO UPDATE SET words = excluded.words`)

// putTexts writes what is searched of jobs, new and known.
func (w writer) putTexts(ctx context.Context, texts []jobText) error {
	if w.dialect == postgres {
		rows := make([][]any, len(texts))
		for i, t := range texts {
			rows[i] = []any{t.id, t.created, t.words}
		}
		return w.put(ctx, putText, rows)
	}
	var numbers, words, others [][]any
	for _, t := range texts {
		if t.again {
			others = append(others, []any{t.id, t.words})
			continue
		}
		numbers = append(numbers, []any{firstNumber(t.created), t.id})
		words = append(words, []any{t.id, t.words})
	}
	for _, put := range []struct {
		statement string
		rows      [][]any
	}{{numberText, numbers}, {wordText, words}, {otherText, others}} {
		if err := w.putSome(ctx, put.statement, put.rows); err != nil {
			return err
		}
	}
	return nil
}

// putSome is putEach of rows that there may be.
func (w writer) putSome(ctx context.Context, statement string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return w.putEach(ctx, statement, rows)
}

// allSearched is what the ledger says when it need not look for older jobs.
const allSearched = "all"

// searchOld makes the jobs searchable that an older version recorded. Each page
// is a transaction of its own, so that it goes on where it was broken off;
// processes that do it at once write the same.
func (l *Ledger) searchOld(ctx context.Context) error {
	for more := true; more; {
		err := l.inTx(ctx, func(tx *sql.Tx) (err error) {
			more, err = searchPage(ctx, writer{tx, l.dialect})
			return err
		})
		if err != nil {
			return fmt.Errorf("make jobs searchable: %w", err)
		}
	}
	return nil
}

// searchPage makes some jobs searchable, and reports whether there may be more.
func searchPage(ctx context.Context, w writer) (bool, error) {
	last, err := meta(ctx, w, metaSearched)
	if err != nil || last == allSearched {
		return false, err
	}
	texts, err := list(ctx, w, scanJobText, selectTexts+` WHERE id > $1 AND NOT EXISTS (SELECT 1 FROM job_texts WHERE job_id = jobs.id) ORDER BY id LIMIT 2000`, last)
	if err != nil {
		return false, err
	}
	next := allSearched
	if len(texts) > 0 {
		next = texts[len(texts)-1].id
	}
	if err := w.putTexts(ctx, texts); err != nil {
		return false, err
	}
	return len(texts) > 0, setMeta(ctx, w.Tx, metaSearched, next)
}

// How many jobs a search for words comes up with at a time: a few, which is
// enough for a list of words that very many jobs have, and more where they are not.
const (
	fewFound  = 1_000
	mostFound = 10_000
)

// A search is for words, in jobs of some time.
type search struct {
	words    []string // as they are in the index
	begins   bool     // the words may go on: no job has them whole
	ids      []string // that the id begins with
	from, to int64    // created, both included; to is 0 at the newest
}

// searchOf returns what f searches for; false if it is nothing.
func searchOf(f job.Filter) (s search, ok bool) {
	for _, text := range f.Words {
		if looksLikeID(text) {
			s.ids = append(s.ids, strings.ToLower(text))
			continue
		}
		s.words = append(s.words, job.Tokens(text, maxTokens)...)
	}
	for _, token := range job.Tokens(f.Error, maxTokens) {
		s.words = append(s.words, inError+token)
	}
	return s, len(s.words)+len(s.ids) > 0
}

// looksLikeID reports whether text is an id, or begins one: 019a0000-1111.
func looksLikeID(text string) bool {
	if len(text) < len("019a0000-") || len(text) > 36 || text[8] != '-' {
		return false
	}
	return strings.Trim(strings.ToLower(text), "0123456789abcdef-") == ""
}

// find returns the ids of the newest jobs that have all words; more tells that
// there may be older ones. If no job has all of them whole, they are looked for
// as beginnings, which takes the longer the more words begin so.
func (l *Ledger) find(ctx context.Context, s search, most int) (ids []string, more bool, err error) {
	if len(s.words) > 0 {
		whole, err := l.lookUp(ctx, search{words: s.words}, 1)
		if err != nil {
			return nil, false, err
		}
		s.begins = len(whole) == 0
	}
	ids, err = l.lookUp(ctx, s, most)
	return ids, len(ids) == most, err
}

// lookUp returns the ids of the newest jobs that s finds.
func (l *Ledger) lookUp(ctx context.Context, s search, most int) (ids []string, err error) {
	looks := []func(*walk) string{s.sqliteQuery}
	switch {
	case len(s.words) == 0:
		looks = []func(*walk) string{s.idQuery}
	case l.dialect == postgres:
		looks = []func(*walk) string{s.recentQuery, s.postgresQuery}
	}
	for _, look := range looks {
		var w walk
		query := look(&w)
		ids, err = list(ctx, l.read, scanText, query+fmt.Sprintf(" LIMIT %d", most), w.args...)
		if err != nil || len(ids) == most {
			break
		}
	}
	return ids, err
}

// sqliteQuery looks into the index of words, which has the newest at its end.
func (s search) sqliteQuery(w *walk) string {
	match := make([]string, len(s.words))
	for i, word := range s.words {
		match[i] = `"` + word + `"`
		if s.begins {
			match[i] += "*"
		}
	}
	where := "job_words MATCH " + w.arg(strings.Join(match, " AND "))
	if s.to > 0 {
		where += " AND rowid < " + w.arg(firstNumber(s.to+1))
	}
	if s.from > 0 {
		where += " AND rowid >= " + w.arg(firstNumber(s.from))
	}
	return "SELECT (SELECT job_id FROM job_texts WHERE number = job_words.rowid) FROM job_words WHERE " +
		where + " ORDER BY rowid DESC"
}

// mostRecent is among how many of the newest jobs words are looked for first.
const mostRecent = 100_000

// recentQuery goes through the newest jobs one by one, which is best for words
// that many have. PostgreSQL cannot know which those are.
func (s search) recentQuery(w *walk) string {
	recent := "SELECT job_id, created_at, words FROM job_texts WHERE " + s.time(w) + fmt.Sprintf(" ORDER BY created_at DESC LIMIT %d", mostRecent)
	return "SELECT job_id FROM (" + recent + ") AS recent WHERE " + s.match(w) + " ORDER BY created_at DESC"
}

// postgresQuery looks into the index of words, for those that few jobs have:
// the order is one that no index has.
func (s search) postgresQuery(w *walk) string {
	return "SELECT job_id FROM job_texts WHERE " + s.match(w) + " AND " + s.time(w) + " ORDER BY created_at + 0 DESC"
}

func (s search) match(w *walk) string {
	match := make([]string, len(s.words))
	for i, word := range s.words {
		match[i] = `'` + word + `'`
		if s.begins {
			match[i] += ":*"
		}
	}
	return "words @@ CAST(" + w.arg(strings.Join(match, " & ")) + " AS TSQUERY)"
}

func (s search) time(w *walk) string {
	where := "created_at >= " + w.arg(s.from)
	if s.to > 0 {
		where += " AND created_at <= " + w.arg(s.to)
	}
	return where
}

// idQuery looks for a beginning of an id.
func (s search) idQuery(w *walk) string {
	return "SELECT id FROM jobs WHERE " + startsWith(w, "id", s.ids[0]) + " ORDER BY created_at DESC, id DESC"
}

// startsWith returns the condition that a column begins with text.
func startsWith(w *walk, column, text string) string {
	last := text[len(text)-1]
	return fmt.Sprintf("%s >= %s AND %s < %s", column, w.arg(text), column, w.arg(text[:len(text)-1]+string(rune(last+1))))
}
