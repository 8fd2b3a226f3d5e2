package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// lines are the screen at that time, none wider than width, and no more than
// height; 0 does not bound.
func (v topView) lines(now time.Time, width, height int) []string {
	all := []string{v.head()}
	all = append(all, "", "QUEUES")
	for _, q := range v.Queues {
		all = append(all, queueLine(q, now))
	}
	all = append(all, "", "WORKERS")
	for _, w := range v.Workers {
		all = append(all, workerLine(w))
	}
	all = append(all, "", "RUNNING")
	for _, j := range v.Running {
		all = append(all, runningLine(j, now))
	}
	if height > 0 && len(all) > height {
		all = append(all[:height-1], fmt.Sprintf("… %d more lines", len(all)-height+1))
	}
	for i, line := range all {
		all[i] = fitted(line, width)
	}
	return all
}

func (v topView) head() string {
	var parts []string
	for _, state := range []client.State{"running", "queued", "waiting", "scheduled", "retrying", "held"} {
		parts = append(parts, fmt.Sprintf("%d %s", v.Counts[state], state))
	}
	return strings.Join(parts, ", ")
}

func queueLine(q client.Queue, now time.Time) string {
	line := fmt.Sprintf("%-20s %6d queued %4d of %d places in use", q.Name, q.Counts["queued"], q.Used, q.Slots)
	if q.Pause != nil {
		line += "  " + q.Pause.Sentence(now)
	}
	return line
}

func workerLine(w client.Worker) string {
	share := float64(len(w.Running)) / float64(max(1, w.Concurrency))
	return strings.TrimRight(fmt.Sprintf("%-20s %s %d of %d  %s", w.Name, gauge(share), len(w.Running), w.Concurrency, troublesOf(w)), " ")
}

func runningLine(j client.Job, now time.Time) string {
	took := ""
	if j.Started != nil {
		took = now.Sub(*j.Started).Round(time.Second).String()
	}
	progress := fmt.Sprintf("%d done", j.Progress.Done)
	if percent, known := j.Progress.Percent(); known {
		progress = fmt.Sprintf("%s %3d %%", gauge(float64(percent)/100), percent)
	}
	return fmt.Sprintf("%-28s %s  %s  %s", j.Task, progress, took, j.ID)
}

// gaugeWidth is how many characters a gauge has between its ends.
const gaugeWidth = 10

// gauge draws a share in plain characters, so that it means the same without
// colours.
func gauge(share float64) string {
	n := min(gaugeWidth, max(0, int(share*gaugeWidth+.5)))
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", gaugeWidth-n) + "]"
}

// fitted makes a line safe for a terminal and cuts it to its width.
func fitted(line string, width int) string {
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, line)
	if runes := []rune(line); width > 1 && len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return line
}
