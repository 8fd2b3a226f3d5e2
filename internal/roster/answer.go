package roster

import (
	"errors"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// answer notes what the target said about the i-th of the effects that it was
// given. Where it could not be reached, that is not known.
func answer(e *sync.Effect, i int, written []sis.Written, down error) (id string, ok bool) {
	var err error
	switch {
	case i < len(written):
		err = written[i].Err
	case down != nil:
		err = down
	default:
		err = &sis.Error{Code: "TGT_REFUSED", Message: "The LMS did not say what became of it."}
	}
	switch {
	case err == nil:
		e.State, e.Code, e.Message = sync.EffectApplied, "", ""
		return written[i].ID, true
	case down != nil && (i >= len(written) || temporary(err) || sameError(err, down)):
		e.State = sync.EffectUnknown
	default:
		fail(e, err)
	}
	return "", false
}

func temporary(err error) bool {
	said, ok := errors.AsType[*sis.Error](err)
	return ok && said.Temporary
}

func sameError(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) }

// fail notes why an effect could not be applied.
func fail(e *sync.Effect, err error) {
	e.State = sync.EffectFailed
	e.Code, e.Message = said(err, "TGT_REFUSED")
}

// said returns the code and the sentence of an error; one of another kind gets
// the code that is given.
func said(err error, otherwise string) (code, message string) {
	if known, ok := errors.AsType[*sis.Error](err); ok {
		return known.Code, known.Message
	}
	return otherwise, err.Error()
}
