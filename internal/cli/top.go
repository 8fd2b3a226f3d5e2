package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// topEvery is how often the screen is drawn anew.
const topEvery = 2 * time.Second

func topCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "top",
		Short: "Show what runs, the queues and the workers, and keep it up to date",
		Long: `Top fills the terminal with what runs now, the queues and the workers, and draws
it anew every two seconds; q or Ctrl-C ends it. Where the output is no terminal it
is printed once. NO_COLOR is kept to.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, isIn := env.In.(*os.File)
			out, isOut := env.Out.(*os.File)
			if env.format == "table" && isIn && isOut && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd())) {
				return env.watchTop(cmd.Context(), in, out)
			}
			v, err := env.readTop(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(v, func() {
				for _, line := range v.lines(env.Now(), 100, 0) {
					env.say("%s", line)
				}
			})
		},
	}
}

// A topView is all that top shows.
type topView struct {
	Counts  map[client.State]int64 `json:"counts"`
	Running []client.Job           `json:"running"`
	Queues  []client.Queue         `json:"queues"`
	Workers []client.Worker        `json:"workers"`
}

func (env *Env) readTop(ctx context.Context) (v topView, err error) {
	c := env.client()
	jobs, err := c.Jobs(ctx, client.Filter{States: []client.State{"running"}, Limit: 100})
	if err != nil {
		return v, err
	}
	v.Counts, v.Running = jobs.Counts, jobs.Jobs
	if v.Queues, err = c.Queues(ctx); err != nil {
		return v, err
	}
	v.Workers, err = c.Workers(ctx)
	return v, err
}

// watchTop draws until q is pressed or ctx ends. A server that is away for a
// while is said to be, and asked again.
func (env *Env) watchTop(ctx context.Context, in, out *os.File) error {
	was, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return fmt.Errorf("take over the terminal: %w", err)
	}
	defer func() { _ = term.Restore(int(in.Fd()), was) }()
	fmt.Fprint(out, "\x1b[?1049h\x1b[?25l")
	defer fmt.Fprint(out, "\x1b[?25h\x1b[?1049l")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go quitOn(in, cancel)
	tick := time.NewTicker(topEvery)
	defer tick.Stop()
	for {
		v, err := env.readTop(ctx)
		if ctx.Err() != nil {
			return nil
		}
		width, height, _ := term.GetSize(int(out.Fd())) // 0: as wide as it is
		lines := v.lines(env.Now(), width, height)
		if err != nil {
			lines = []string{env.sentence(err)}
		}
		env.draw(out, lines)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// quitOn ends top at q, Ctrl-C or the end of the input.
func quitOn(in io.Reader, quit func()) {
	key := make([]byte, 1)
	for {
		n, err := in.Read(key)
		if err != nil || n == 1 && (key[0] == 'q' || key[0] == 'Q' || key[0] == 3) {
			quit()
			return
		}
	}
}

// draw replaces the screen; what was there is overwritten line by line, so that
// nothing flickers.
func (env *Env) draw(out io.Writer, lines []string) {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for i, line := range lines {
		if i == 0 && env.Getenv("NO_COLOR") == "" {
			line = "\x1b[1m" + line + "\x1b[0m"
		}
		b.WriteString(line + "\x1b[K")
		if i < len(lines)-1 {
			b.WriteString("\r\n")
		}
	}
	b.WriteString("\x1b[J")
	fmt.Fprint(out, b.String())
}
