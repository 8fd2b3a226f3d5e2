package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// The size of one call. It is well below what the server takes, so that the
// progress shows.
const (
	callLines = 2000
	callBytes = 4 << 20
)

// enqueueFile starts a job for each line of a file.
func (env *Env) enqueueFile(cmd *cobra.Command, name string) error {
	if err := onlyFile(cmd.Flags()); err != nil {
		return err
	}
	file, total, err := env.openLines(cmd.Context(), name)
	if err != nil {
		return err
	}
	defer file.Close()
	s := &sender{env: env, client: env.client(), run: uuid.Must(uuid.NewV7()).String(), kinds: map[fault.Kind]int{}}
	if env.Terminal {
		s.bar = env.bar(total, "enqueuing")
	}
	err = s.send(cmd.Context(), file)
	if s.bar != nil {
		fmt.Fprint(env.Err, clearLine)
	}
	return errors.Join(env.print(s.sent, func() { env.say("%s", s.sent) }), err, s.verdict())
}

// onlyFile refuses flags that would have to be in each line.
func onlyFile(flags *pflag.FlagSet) error {
	for _, name := range []string{"client", "arg", "args-json", "in", "at", "expires", "key", "description", "tag", "wait"} {
		if flags.Changed(name) {
			return fault.New(fault.Invalid, "--%s does not go with --file: each line says for itself what it wants", name).In(name)
		}
	}
	return nil
}

// openLines opens a file and counts its lines; -1 if nobody can tell. What is
// typed ends with ctx.
func (env *Env) openLines(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return until(ctx, env.In), -1, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, fault.New(fault.Invalid, "--file %s cannot be read: %v", name, errors.Unwrap(err)).In("file")
	}
	if !env.Terminal {
		return file, -1, nil
	}
	total := int64(0)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		total++
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return file, -1, nil // a pipe: its lines were read, and there are no more
	}
	return file, total, nil
}

// until reads what in has until ctx is done. Whoever waits for the next line
// then waits no more, though nobody can end the reading of a terminal.
func until(ctx context.Context, in io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	return r
}

// sent is what became of a file's lines.
type sent struct {
	Enqueued int                `json:"enqueued"`
	Existing int                `json:"existing"` // were there before
	Refused  int                `json:"refused"`
	Lines    []client.BatchLine `json:"lines"`
}

func (s sent) String() string {
	text := "Enqueued " + grouped(s.Enqueued) + plural(s.Enqueued, " job", " jobs")
	if s.Existing > 0 {
		text += ", " + grouped(s.Existing) + plural(s.Existing, " was", " were") + " there already"
	}
	if s.Refused > 0 {
		text += ", " + grouped(s.Refused) + " refused"
	}
	return text + "."
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// grouped writes n with thousands apart: 9,998.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// A sender brings the lines of a file to the server.
type sender struct {
	env    *Env
	client *client.Client
	run    string // names the keys of lines that have none
	bar    *progressbar.ProgressBar
	sent   sent
	kinds  map[fault.Kind]int // of refused lines
}

// A fileLine is one that is to be sent.
type fileLine struct {
	number int
	text   []byte
}

// send sends all lines, some at a time.
func (s *sender) send(ctx context.Context, file io.Reader) error {
	var some []fileLine
	size, number := 0, 0
	in := bufio.NewReaderSize(file, 64<<10)
	for {
		text, err := in.ReadBytes('\n')
		number++
		if text = bytes.TrimSpace(text); len(text) > 0 {
			some = append(some, fileLine{number, s.keyed(number, text)})
			size += len(text)
		}
		if len(some) == callLines || size >= callBytes || err != nil {
			if failed := s.call(ctx, some); failed != nil {
				return failed
			}
			some, size = some[:0], 0
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", number, err)
		}
	}
}

// keyed gives a line an idempotency key, so that it may be sent again. What is
// no JSON object stays as it is, for the server to refuse.
func (s *sender) keyed(number int, text []byte) []byte {
	var has struct{ Key string }
	if json.Unmarshal(text, &has) != nil || has.Key != "" || text[0] != '{' {
		return text
	}
	rest := bytes.TrimSpace(text[1:])
	comma := ","
	if rest[0] == '}' {
		comma = ""
	}
	return fmt.Appendf(nil, `{"key":"%s:%d"%s%s`, s.run, number, comma, rest)
}

// call sends lines until each has been answered. What the server cannot take
// yet is sent again when it says.
func (s *sender) call(ctx context.Context, lines []fileLine) error {
	p := patience{}
	for len(lines) > 0 {
		answers, err := s.client.EnqueueLines(ctx, body(lines))
		left, after := s.settle(lines, answers)
		if err == nil && len(left) > 0 {
			err = &client.Error{Status: 503, Code: fault.Unavailable.Code(), Message: answers[len(answers)-1].Error.Message}
		}
		if len(left) < len(lines) {
			p = patience{}
		}
		lines = left
		if err == nil {
			return nil
		}
		if err := s.bear(&p, err); err != nil {
			return err
		}
		if away, ok := errors.AsType[*client.Error](err); ok {
			after = max(after, away.After)
		}
		if err := s.rest(ctx, after); err != nil {
			return err
		}
	}
	return nil
}

// bear returns err unless another try may help. A server that was never there
// is a mistake.
func (s *sender) bear(p *patience, err error) error {
	away, ok := errors.AsType[*client.Error](err)
	if ok && !away.Reached() && len(s.sent.Lines) == 0 {
		return err
	}
	return p.bear(err)
}

// body is lines as the server reads them.
func body(lines []fileLine) io.Reader {
	var all bytes.Buffer
	for _, l := range lines {
		all.Write(l.text)
		all.WriteByte('\n')
	}
	return &all
}

// settle counts the lines that are answered, and returns those that are to be
// sent again.
func (s *sender) settle(lines []fileLine, answers []client.BatchLine) (left []fileLine, after time.Duration) {
	for i, answer := range answers {
		if i >= len(lines) {
			break
		}
		if answer.Error != nil && answer.Error.Code == fault.Unavailable.Code() {
			left, after = append(left, lines[i]), time.Second
			continue
		}
		answer.Line = lines[i].number
		s.note(answer)
	}
	return append(left, lines[min(len(answers), len(lines)):]...), after
}

func (s *sender) note(answer client.BatchLine) {
	s.sent.Lines = append(s.sent.Lines, answer)
	if s.bar != nil {
		_ = s.bar.Add(1) // drawing fails with the terminal
	}
	switch {
	case answer.Error != nil:
		s.sent.Refused++
		s.kinds[fault.FromCode(answer.Error.Code)]++
		if s.bar != nil {
			fmt.Fprint(s.env.Err, clearLine)
		}
		s.env.hint("line %d: %s", answer.Line, oneLine(answer.Error.Message))
	case answer.Existing:
		s.sent.Existing++
	default:
		s.sent.Enqueued++
	}
}

// rest waits for as long as the server asked for.
func (s *sender) rest(ctx context.Context, after time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(after, s.env.Poll)):
		return nil
	}
}

// verdict is nil if no line was refused. Its kind is that of most refusals.
func (s *sender) verdict() error {
	if s.sent.Refused == 0 {
		return nil
	}
	worst := fault.Internal
	for kind, n := range s.kinds {
		if n > s.kinds[worst] || n == s.kinds[worst] && kind > worst {
			worst = kind
		}
	}
	return fault.New(worst, "%s of %s lines refused", grouped(s.sent.Refused), grouped(len(s.sent.Lines)))
}
