package web_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// An element is a start tag of a page, with the text directly after it.
type element struct {
	tag   string
	attrs map[string]string
	text  string
}

// elements reads a page as strictly as the standard library can: every tag
// that HTML wants closed must be closed, in order.
func elements(t *testing.T, page string) (all []element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("not well formed: %v at byte %d", err, d.InputOffset())
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{tag: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			all = append(all, e)
		case xml.CharData:
			if len(all) > 0 {
				all[len(all)-1].text += string(token)
			}
		}
	}
}

// attrs returns that attribute of every element of that tag that has it.
func attrs(elements []element, tag, name string) (values []string) {
	for _, e := range elements {
		if v, ok := e.attrs[name]; ok && (tag == "" || e.tag == tag) {
			values = append(values, v)
		}
	}
	return values
}

// main is what of an answer is worth reading in a test's log.
func main(w *httptest.ResponseRecorder) string {
	_, main, _ := strings.Cut(w.Body.String(), "<main")
	return main[:min(len(main), 4000)]
}
