package ledger

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// The longest texts that are kept. A key is indexed, and PostgreSQL refuses to
// index more than some 2,700 bytes.
const (
	maxKey  = 255
	maxText = 8 << 10
)

// clean returns text as both databases take it: without zero bytes, and with
// what is no UTF-8 replaced by a mark.
func clean(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// key returns an id or a name as it is stored.
func key(text string) string { return head(clean(text), maxKey) }

// prose returns a message as it is stored: a very long one is cut, and says so.
func prose(text string) string {
	text = clean(text)
	if len(text) <= maxText {
		return text
	}
	mark := fmt.Sprintf(" … [cut: %d bytes in all]", len(text))
	return head(text, maxText-len(mark)) + mark
}

// raw returns JSON as it is stored. JSON may spell a zero byte as an escape,
// which is text like any other here.
func raw(body json.RawMessage) string {
	if len(body) == 0 {
		return "{}"
	}
	return clean(string(body))
}

// writeJSON writes v to text as JSON.
func writeJSON(text *string, v any) error {
	body, err := json.Marshal(v)
	*text = clean(string(body))
	return err
}

// writeJSONList writes a list to text as JSON; an empty one as an empty text.
func writeJSONList[T any](text *string, list []T) error {
	if len(list) == 0 {
		return nil
	}
	return writeJSON(text, list)
}

// readJSON reads what [writeJSON] and [writeJSONList] have written.
func readJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// head returns the first n bytes of text, less a rune that does not fit.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// millis returns t as it is stored, to the millisecond.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant returns the time that was stored as ms.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// maybe returns a time that may be unknown as it is stored.
func maybe(t *time.Time) any {
	if t == nil {
		return nil
	}
	return millis(*t)
}

// known returns the time that was stored as ms, if one was.
func known(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	return new(instant(ms.Int64))
}

// flag returns a yes or no as it is stored.
func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
