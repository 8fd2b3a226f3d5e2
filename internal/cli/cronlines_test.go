package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/cli"
)

func TestEachLineIsAnsweredBeforeTheNextIsRead(t *testing.T) {
	questions, ask := io.Pipe()
	answer, answers := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), cronEnv(questions, answers), []string{"cron", "next", "--file", "-"})
		answers.Close()
	}()
	lines := bufio.NewScanner(answer)
	for hour := range 3 {
		fmt.Fprintf(ask, `{"expr":"0 %d * * *","n":1}`+"\n", hour)
		if !lines.Scan() {
			t.Fatal("no answer")
		}
		if want := fmt.Sprintf(`{"next":["2026-09-01T%02d:00:00Z"]}`, hour); lines.Text() != want {
			t.Errorf("answer = %s, want %s", lines.Text(), want)
		}
	}
	ask.Close()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestCtrlCEndsTheWaitForTheNextLine(t *testing.T) {
	questions, _ := io.Pipe()
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- cli.Run(ctx, cronEnv(questions, io.Discard), []string{"cron", "next", "--file", "-"}) }()
	interrupt()
	select {
	case code := <-ended:
		if code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for the next line")
	}
}

func TestALineThatIsTooLongIsOneErrorAndTheNextIsRead(t *testing.T) {
	var out bytes.Buffer
	in := strings.Repeat("x", 1<<20) + "\n" + `{"expr":"@hourly","n":1}`
	if code := cli.Run(t.Context(), cronEnv(strings.NewReader(in), &out), []string{"cron", "next", "--file", "-"}); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	want := `{"error":{"field":"line","item":"","column":0,"reason":"is too long","suggestion":"a line may have 64 KiB"}}
{"next":["2026-09-01T00:00:00Z"]}
`
	if out.String() != want {
		t.Errorf("answers:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestManyLinesAreAnsweredInOrder(t *testing.T) {
	var in, out bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&in, `{"expr":"%d %d * * *","zone":"Europe/Berlin","n":1}`+"\n", i%60, i/60%24)
	}
	if code := cli.Run(t.Context(), cronEnv(&in, &out), []string{"cron", "next", "--file", "-"}); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	i := 0
	for line := range strings.Lines(out.String()) {
		if want := fmt.Sprintf(":%02d:00Z", i%60); !strings.Contains(line, want) {
			t.Fatalf("answer %d = %s, want minute %s", i+1, line, want)
		}
		i++
	}
	if i != 20_000 {
		t.Errorf("%d answers, want 20000", i)
	}
}

// cronEnv is a world without a server, at the last second of august.
func cronEnv(in io.Reader, out io.Writer) *cli.Env {
	now := time.Date(2026, 8, 31, 23, 59, 59, 0, time.UTC)
	return &cli.Env{In: in, Out: out, Err: io.Discard, Now: func() time.Time { return now }, Getenv: func(string) string { return "" }}
}
