package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

// maxLine bounds one line of the file; expressions are far shorter.
const maxLine = 64 << 10

// A nextLine asks for the next firings of an expression.
type nextLine struct {
	Expr    string       `json:"expr"`
	Dialect cron.Dialect `json:"dialect"`
	Zone    string       `json:"zone"`
	From    string       `json:"from"`
	N       *int         `json:"n"`
}

// A nextAnswer is the line that answers it, unless it was refused.
type nextAnswer struct {
	Next []time.Time `json:"next"`
}

// A lineError is why a line has no firings.
type lineError struct {
	Field      string `json:"field"` // of the expression; else of the line: "zone", "from", "n"
	Item       string `json:"item"`
	Column     int    `json:"column"` // of the item, in bytes, 1 for the first; 0 if it is none of an expression
	Reason     string `json:"reason"`
	Suggestion string `json:"suggestion"`
}

// nextOfFile answers each line of a file with a line. Whoever writes them one by
// one has each answer before the next line.
func (env *Env) nextOfFile(ctx context.Context, name string) error {
	file, _, err := env.openLines(ctx, name)
	if err != nil {
		return err
	}
	defer file.Close()
	in, out := bufio.NewReaderSize(file, maxLine), bufio.NewWriterSize(env.Out, maxLine)
	l := &liner{now: env.Now(), zones: map[string]*time.Location{}, out: json.NewEncoder(out)}
	l.out.SetEscapeHTML(false)
	for ctx.Err() == nil {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			l.reply(line, skipRest(in, err))
		}
		switch {
		case errors.Is(err, io.EOF):
			return out.Flush()
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return errors.Join(out.Flush(), fmt.Errorf("read %s: %w", name, err))
		case in.Buffered() > 0:
			continue
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// skipRest reads on to the end of a line that did not fit, and reports whether
// there was one.
func skipRest(in *bufio.Reader, err error) (long bool) {
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		_, err = in.ReadSlice('\n')
	}
	return long
}

// A liner answers lines. It keeps the zones that it has read.
type liner struct {
	now   time.Time
	zones map[string]*time.Location
	out   *json.Encoder // its errors stay with the writer below, which is flushed in the end
}

func (l *liner) reply(line []byte, long bool) {
	next, wrong := l.next(line, long)
	if wrong != nil {
		_ = l.out.Encode(struct {
			Error *lineError `json:"error"`
		}{wrong})
		return
	}
	_ = l.out.Encode(nextAnswer{next})
}

func (l *liner) next(line []byte, long bool) ([]time.Time, *lineError) {
	ask, wrong := parseLine(line, long)
	if wrong != nil {
		return nil, wrong
	}
	trigger, named, err := ask.trigger()
	switch {
	case err != nil:
		return nil, lineErrorOf(err)
	case named != "" && ask.Zone != "" && named != ask.Zone:
		return nil, &lineError{Field: "zone", Item: shorten(ask.Zone, 40), Reason: "is not that of the text, which is " + named, Suggestion: "leave one of them out"}
	}
	zone, wrong := l.zone(cmp.Or(ask.Zone, named))
	if wrong != nil {
		return nil, wrong
	}
	from, ok := l.now, true
	if ask.From != "" {
		from, ok = timeIn(ask.From, zone)
	}
	if !ok {
		return nil, &lineError{Field: "from", Item: shorten(ask.From, 40), Reason: "is not a time", Suggestion: "write it as 2026-09-01T08:00:00Z"}
	}
	return utc(firings(trigger, from, zone, *cmp.Or(ask.N, new(5)))), nil
}

// trigger reads the expression. Without a dialect it is cron.
func (ask nextLine) trigger() (t cron.Trigger, zone string, err error) {
	if ask.Dialect == english {
		return cron.ParseEnglish(ask.Expr)
	}
	t, err = cron.ParseDialect(cmp.Or(ask.Dialect, cron.Detect(ask.Expr)), ask.Expr)
	return t, "", err
}

// parseLine reads a line. What it holds beside the fields of a [nextLine] is
// no concern of ours.
func parseLine(line []byte, long bool) (ask nextLine, wrong *lineError) {
	if long {
		return ask, &lineError{Field: "line", Reason: "is too long", Suggestion: "a line may have 64 KiB"}
	}
	err := json.Unmarshal(line, &ask)
	kind, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if ok && kind.Field == "n" {
		return ask, &lineError{Field: "n", Reason: "is not a whole number", Suggestion: fmt.Sprintf("use 1 to %d", maxFirings)}
	}
	if ok && kind.Field != "" {
		return ask, &lineError{Field: kind.Field, Reason: "must not be a " + kind.Value, Suggestion: "only n is a number, all else is a string"}
	}
	switch {
	case err != nil, len(bytes.TrimSpace(line)) > 0 && bytes.TrimSpace(line)[0] != '{':
		return ask, &lineError{Field: "line", Item: shorten(strings.TrimSpace(string(line)), 40), Reason: "is not a JSON object", Suggestion: `write a line such as {"expr":"0 9 * * 1","zone":"Europe/Berlin"}`}
	case ask.N != nil && (*ask.N < 1 || *ask.N > maxFirings):
		return ask, &lineError{Field: "n", Item: strconv.Itoa(*ask.N), Reason: fmt.Sprintf("is not from 1 to %d", maxFirings), Suggestion: fmt.Sprintf("use 1 to %d", maxFirings)}
	}
	return ask, nil
}

func (l *liner) zone(name string) (*time.Location, *lineError) {
	name = cmp.Or(name, "UTC")
	if zone, ok := l.zones[name]; ok {
		return zone, nil
	}
	zone, err := cron.Zone(name)
	if err != nil {
		reason, suggestion, _ := strings.Cut(err.Error(), "; ")
		return nil, &lineError{Field: "zone", Item: shorten(name, 40), Reason: reason, Suggestion: suggestion}
	}
	l.zones[name] = zone
	return zone, nil
}

func lineErrorOf(err error) *lineError {
	wrong, ok := errors.AsType[*cron.Error](err)
	if !ok {
		return &lineError{Field: "expr", Reason: err.Error()}
	}
	return &lineError{wrong.Field, wrong.Item, wrong.Column, wrong.Reason, wrong.Suggestion}
}
