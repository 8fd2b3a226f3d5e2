package flatfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// An entry is one line of the journal: how something is from then on. Exactly
// one of its fields is set.
type entry struct {
	User   *sis.User   `json:"user,omitempty"`
	Course *sis.Course `json:"course,omitempty"`
	Place  *place      `json:"place,omitempty"`
}

// A journal is a file that is only ever added to.
type journal struct {
	path   string
	offset int64 // up to here it has been read
}

// read hands on the entries that have been added since it was last called. A
// line that a crash has cut off was never answered for, and is left out.
func (j *journal) read(take func(entry)) error {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(j.offset, io.SeekStart); err != nil {
		return err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return nil
		}
		var e entry
		if json.Unmarshal(line, &e) == nil {
			take(e)
		}
		j.offset += int64(len(line)) + 1
		text = rest
	}
}

// add writes entries down for good. It begins with an end of line, so that one
// that a crash has cut off spoils nothing but itself.
func (j *journal) add(entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	text := []byte("\n")
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	f, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}
