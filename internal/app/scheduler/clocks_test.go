package scheduler

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// A farClock is that of a Redis elsewhere.
type farClock struct{ ahead atomic.Int64 }

func (f *farClock) Time(ctx context.Context) *redis.TimeCmd {
	cmd := redis.NewTimeCmd(ctx, "time")
	cmd.SetVal(time.Now().Add(time.Duration(f.ahead.Load())))
	return cmd
}

func TestSaysOnceThatTheClocksDifferAndThatTheyAgreeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		far := &farClock{}
		c := &clocks{redis: far, log: slog.New(slog.NewTextHandler(&said, nil))}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.run(ctx) }()
		time.Sleep(clockEvery / 2)
		for _, ahead := range []time.Duration{time.Second, -3 * time.Second, -3 * time.Second, 0} {
			far.ahead.Store(int64(ahead))
			time.Sleep(clockEvery)
		}
		stop()
		<-ended
		var got []string
		for line := range strings.Lines(said.String()) {
			level, rest, _ := strings.Cut(line[strings.Index(line, "level=")+len("level="):], " ")
			_, ahead, _ := strings.Cut(rest, "ahead=")
			got = append(got, level+" "+strings.TrimSpace(ahead))
		}
		if diff := cmp.Diff([]string{"WARN 3s", "INFO 0s"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s%s", diff, said.String())
		}
	})
}

func TestKnowsWhereTimeZonesComeFrom(t *testing.T) {
	zi, version, bare := t.TempDir(), t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(zi, "tzdata.zi"):     "# version 2026a\n# This zic input file is in the public domain.\n",
		filepath.Join(version, "+VERSION"): "2025b\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		places          []string
		source, edition string
	}{
		{[]string{"", zi, version}, zi, "2026a"},
		{[]string{filepath.Join(zi, "none"), version}, version, "2025b"},
		{[]string{bare, zi}, bare, ""},
		{[]string{""}, "built in", runtime.Version()},
	} {
		if source, edition := zoneSource(c.places); source != c.source || edition != c.edition {
			t.Errorf("%q: %s, %s; want %s, %s", c.places, source, edition, c.source, c.edition)
		}
	}
}
