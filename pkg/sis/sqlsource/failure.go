package sqlsource

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// state finds the five characters by which databases say what went wrong, as
// drivers write them: "(SQLSTATE 42P01)", "Error 1146 (42S02)".
var state = regexp.MustCompile(`\((?:SQLSTATE )?([0-9A-Z]{5})\)`)

// explain says in words what a pull ended with. What the database says goes
// into the log only: it may quote a row.
func explain(ctx context.Context, stream sis.Stream, err error) error {
	if by, ok := errors.AsType[stopped](err); ok {
		return by.error
	}
	if _, ok := errors.AsType[*sis.Error](err); err == nil || ok {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := failure(stream, err)
	e.Err = err
	return e
}

func failure(stream sis.Stream, err error) *sis.Error {
	code, text := stateOf(err), err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &sis.Error{Code: "SRC_TIMEOUT", Message: fmt.Sprintf("The query for %s took too long.", stream), Temporary: true}
	case strings.HasPrefix(code, "28"):
		return &sis.Error{Code: "SRC_AUTH", Message: "The database does not accept the user or the password."}
	case code == "42501", code == "42000" && strings.Contains(text, "denied"):
		return &sis.Error{Code: "SRC_SCOPE", Message: fmt.Sprintf("The database does not let us read %s: give the user the right to.", stream)}
	case strings.HasPrefix(code, "42"), strings.HasPrefix(code, "22"), strings.Contains(text, "SQL logic error"):
		return refused("The database refuses the query for %s: look at it with a tool of the database.", stream)
	}
	return &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The database does not answer, or broke off in the middle.", Temporary: true}
}

func stateOf(err error) string {
	if found := state.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return ""
}
