package feed

import (
	"strconv"

	"github.com/beadle-jobs/beadle/internal/job"
)

// counts are how many more jobs stand in each state than before, in the order
// of [job.States].
type counts struct {
	by      [16]int64
	unknown bool // of some job nobody knows where it stood before
}

func (c *counts) add(l *job.Live) {
	c.unknown = c.unknown || l.Was == "" && !l.New
	if l.State == l.Was {
		return
	}
	for i, s := range job.States {
		switch s {
		case l.State:
			c.by[i]++
		case l.Was:
			c.by[i]--
		}
	}
}

// encode writes the data of a frame of jobs. What is the same for all viewers
// is written already.
func encode(chosen []*change, sum counts) []byte {
	size := 256
	for _, c := range chosen {
		size += len(c.json) + 1
	}
	b := append(make([]byte, 0, size), `{"jobs":[`...)
	for i, c := range chosen {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, c.json...)
	}
	b = append(b, `],"counts":{`...)
	comma := false
	for i, s := range job.States {
		if sum.by[i] == 0 {
			continue
		}
		if comma {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(append(append(b, '"'), s...), `":`...), sum.by[i], 10)
		comma = true
	}
	b = append(b, '}')
	if sum.unknown {
		b = append(b, `,"recount":true`...)
	}
	return append(b, '}')
}
