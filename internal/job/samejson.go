package job

import (
	"bytes"
	"encoding/json"
)

// SameJSON reports whether a and b mean the same, whatever the spacing and the
// order of names. Numbers are compared as they are written; nothing is null.
func SameJSON(a, b json.RawMessage) bool { return bytes.Equal(canonical(a), canonical(b)) }

// canonical returns raw with its names in order and without blanks.
func canonical(raw json.RawMessage) []byte {
	if len(bytes.TrimSpace(raw)) == 0 {
		return []byte("null")
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return raw
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return plain
}
