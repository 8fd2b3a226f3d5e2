package onerosterapi

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// An envelope is the names that the list of rows may have in an answer.
type envelope []string

// rows hands each row of an answer to visit, one after the other. An error of
// visit ends it and is returned.
func (e envelope) rows(from *body, visit func(json.RawMessage) error) error {
	in := json.NewDecoder(from)
	if err := expect(in, '{'); err != nil {
		return err
	}
	found := false
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return err
		}
		if key, ok := name.(string); !ok || !slices.Contains(e, key) {
			if err := skip(in, from); err != nil {
				return err
			}
			continue
		}
		found = true
		if err := list(in, from, visit); err != nil {
			return err
		}
	}
	if err := expect(in, '}'); err != nil {
		return err
	}
	if !found {
		return schema("An answer of the SIS has no %q in it.", e[0])
	}
	return nil
}

func list(in *json.Decoder, from *body, visit func(json.RawMessage) error) error {
	if err := expect(in, '['); err != nil {
		return err
	}
	var row json.RawMessage
	for in.More() {
		from.nextRow()
		if err := in.Decode(&row); err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	from.nextRow()
	return expect(in, ']')
}

func skip(in *json.Decoder, from *body) error {
	from.nextRow()
	var ignored json.RawMessage
	return in.Decode(&ignored)
}

func expect(in *json.Decoder, want json.Delim) error {
	got, err := in.Token()
	if err == nil && got != want {
		return schema("An answer of the SIS is not the list of rows that it should be.")
	}
	return err
}

// isCut reports whether an answer ended before it was whole.
func isCut(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) }

// isBroken reports whether an answer is not JSON.
func isBroken(err error) bool {
	_, ok := errors.AsType[*json.SyntaxError](err)
	return ok
}
