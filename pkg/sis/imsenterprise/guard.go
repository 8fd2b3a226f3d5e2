package imsenterprise

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// What a file may have at most. No roster comes near.
const (
	maxDepth  = 32
	maxRecord = 1 << 20 // bytes
)

// A guard is the tokens of a file, with names in lower case. It stops at what
// may do harm.
type guard struct {
	xml   *xml.Decoder
	bytes *budget
	depth int
}

func newGuard(from io.Reader) *guard {
	g := &guard{bytes: &budget{from: from, left: maxRecord}}
	g.xml = xml.NewDecoder(g.bytes)
	g.xml.CharsetReader = charset
	return g
}

// refill lets the next record be as long as any.
func (g *guard) refill() { g.bytes.left = maxRecord }

func (g *guard) line() int {
	line, _ := g.xml.InputPos()
	return line
}

// Token implements [xml.TokenReader].
func (g *guard) Token() (xml.Token, error) {
	t, err := g.xml.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.Directive:
		if err := checkDirective(string(t)); err != nil {
			return nil, err
		}
	case xml.StartElement:
		if g.depth++; g.depth > maxDepth {
			return nil, refused("There are elements within elements, more than %d deep.", maxDepth)
		}
		return lowered(t), nil
	case xml.EndElement:
		g.depth--
		return xml.EndElement{Name: lower(t.Name)}, nil
	}
	return t, nil
}

// checkDirective lets a document type pass that names one and declares nothing.
func checkDirective(text string) error {
	words := strings.Fields(strings.ToLower(text))
	if len(words) < 2 || words[0] != "doctype" || strings.ContainsAny(text, "[<") {
		return refused("It declares entities or elements, which a roster has no need of. Leave the document type out.")
	}
	return nil
}

func lowered(start xml.StartElement) xml.StartElement {
	start = start.Copy()
	start.Name = lower(start.Name)
	for i := range start.Attr {
		start.Attr[i].Name = lower(start.Attr[i].Name)
	}
	return start
}

func lower(name xml.Name) xml.Name { return xml.Name{Local: strings.ToLower(name.Local)} }

// A budget lets so many bytes be read, until it is refilled.
type budget struct {
	from io.Reader
	left int
}

var errTooLong = errors.New("too much to read")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.from.Read(p)
	b.left -= n
	return n, err
}

// charset reads what a file says that it is written in.
func charset(label string, from io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "utf8":
		return from, nil
	case "iso-8859-1", "latin1", "windows-1252", "cp1252":
		return &windows1252{from: from}, nil
	}
	return nil, refused("It is written in an encoding that is not read; export it as UTF-8.")
}

// windows1252 is a text in Windows-1252, of which Latin-1 is a part, as UTF-8.
type windows1252 struct {
	from io.Reader
	raw  [1024]byte
	text []byte // not returned yet
}

// What Windows-1252 has in place of Latin-1's control characters.
var windows = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

func (w *windows1252) Read(p []byte) (int, error) {
	if len(w.text) == 0 {
		n, err := w.from.Read(w.raw[:])
		if n == 0 {
			return 0, err
		}
		w.text = w.text[:0]
		for _, b := range w.raw[:n] {
			w.text = utf8.AppendRune(w.text, runeOf(b))
		}
	}
	n := copy(p, w.text)
	w.text = w.text[n:]
	return n, nil
}

func runeOf(b byte) rune {
	if b >= 0x80 && b < 0xA0 {
		return windows[b-0x80]
	}
	return rune(b)
}
