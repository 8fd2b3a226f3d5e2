package oneroster

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const byteOrderMark = "\uFEFF"

// decode returns r as UTF-8, or as what is found out later to be Windows-1252,
// and what is odd about it.
func decode(r io.Reader) (text *bufio.Reader, oddity string, err error) {
	text = bufio.NewReaderSize(r, 64<<10)
	start, err := text.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	switch {
	case bytes.Equal(start, []byte(byteOrderMark)):
		_, err = text.Discard(len(byteOrderMark))
		return text, "it begins with a byte order mark", err
	case bytes.HasPrefix(start, []byte{0xFE, 0xFF}), bytes.HasPrefix(start, []byte{0xFF, 0xFE}):
		utf16 := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder()
		return bufio.NewReaderSize(utf16.Reader(text), 64<<10), "it is UTF-16, not UTF-8", nil
	}
	return text, "", nil
}

// sniff returns what separates the columns: what the first line has most of.
func sniff(text *bufio.Reader) byte {
	line, _ := text.Peek(32 << 10)
	line, _, _ = bytes.Cut(line, []byte{'\n'})
	best, most := byte(','), bytes.Count(line, []byte{','})
	for _, comma := range []byte{';', '\t'} {
		if n := bytes.Count(line, []byte{comma}); n > most {
			best, most = comma, n
		}
	}
	return best
}

// An alphabet gathers, row by row, what a file may be written in.
type alphabet struct {
	utf8, other int  // rows with letters beyond ASCII that are, or are not, UTF-8
	unprintable bool // as Windows-1252
}

func (a *alphabet) see(row []byte) {
	if isASCII(row) {
		return
	}
	if utf8.Valid(row) {
		a.utf8++
		return
	}
	a.other++
	a.unprintable = a.unprintable || slices.ContainsFunc(row, isUnassigned)
}

// isWindows1252 reports whether the file is Windows-1252, of which Latin-1 is
// a part: nothing beyond ASCII in it is UTF-8, and all of it is printable.
func (a *alphabet) isWindows1252() bool { return a.other > 0 && a.utf8 == 0 && !a.unprintable }

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isUnassigned reports whether Windows-1252 has no character for b.
func isUnassigned(b byte) bool {
	return charmap.Windows1252.DecodeByte(b) == utf8.RuneError
}

// fromWindows1252 returns cell as a string.
func fromWindows1252(cell []byte) string {
	text, err := charmap.Windows1252.NewDecoder().Bytes(cell)
	if err != nil {
		return string(cell)
	}
	return string(text)
}
