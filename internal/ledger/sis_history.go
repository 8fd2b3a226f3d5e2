package ledger

import (
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// historyLine is what a message keeps of one change of its state. It is added
// to the message's own row: a row for each change would make a first sync of
// 250,000 registrations three times as long.
func historyLine(at time.Time, state sync.MessageState, code, by string) string {
	return strings.Join([]string{strconv.FormatInt(millis(at), 10), string(state), code, oneField(by)}, "\t") + "\n"
}

// oneField returns text without what ends a field.
func oneField(text string) string {
	return clean(strings.NewReplacer("\t", " ", "\n", " ").Replace(text))
}

func readHistory(text string) (events []sync.MessageEvent) {
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		at, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil || len(fields) != 4 {
			continue // not a line of ours
		}
		events = append(events, sync.MessageEvent{At: instant(at), State: sync.MessageState(fields[1]), Code: fields[2], By: fields[3]})
	}
	return events
}
