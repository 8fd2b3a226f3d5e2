package web

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A logList is one stretch of a job's log.
type logList struct {
	Lines         []job.LogLine
	Older, Newest string // URLs; empty: nowhere to go
}

// log reads the last lines of a job's log, or those before the line that the
// URL names.
func (s *server) log(ctx context.Context, id string, q url.Values) (logList, error) {
	before, err := position(q, "log")
	if err != nil {
		return logList{}, err
	}
	last := before - 1
	if before == 0 {
		if last, err = s.lastLine(ctx, id); err != nil {
			return logList{}, err
		}
	}
	after := max(last-linesPerPage, 0)
	lines, err := s.Jobs.JobLogs(ctx, id, after, int(max(last-after, 1)))
	if err != nil {
		return logList{}, fmt.Errorf("read the log of job %s: %w", id, err)
	}
	list := logList{Lines: lines}
	if after > 0 {
		list.Older = with(jobPath(id), q, "log", strconv.FormatInt(after+1, 10)) + "#log"
	}
	if before > 0 {
		list.Newest = with(jobPath(id), q, "log", "") + "#log"
	}
	return list, nil
}

// lastLine finds the number of a log's last line by halving: a log can be long
// and is read forwards only.
func (s *server) lastLine(ctx context.Context, id string) (int64, error) {
	more := func(after int64) (bool, error) {
		lines, err := s.Jobs.JobLogs(ctx, id, after, 1)
		if err != nil {
			return false, fmt.Errorf("read the log of job %s: %w", id, err)
		}
		return len(lines) > 0, nil
	}
	low, high := int64(0), int64(linesPerPage)
	for { // until the last line is in (low, high]
		longer, err := more(high)
		if err != nil {
			return 0, err
		}
		if !longer {
			break
		}
		low, high = high, 2*high
	}
	if low == 0 {
		return high, nil // it fits on one page
	}
	for low+1 < high {
		middle := low + (high-low)/2
		longer, err := more(middle)
		if err != nil {
			return 0, err
		}
		if longer {
			low = middle
		} else {
			high = middle
		}
	}
	return high, nil
}

// clock is the time of day of a log line.
func (s *server) clock(t time.Time) string { return t.In(s.Zone).Format("15:04:05.000") }
