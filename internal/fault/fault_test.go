package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestTheKindSurvivesWrapping(t *testing.T) {
	cause := errors.New("no rows")
	err := fmt.Errorf("open page: %w", fault.New(fault.NotFound, "There is no job %s.", "7").Because(cause))
	if got := fault.KindOf(err); got != fault.NotFound {
		t.Errorf("kind = %v, want NotFound", got)
	}
	if got := fault.Message(err); got != "There is no job 7." {
		t.Errorf("message = %q", got)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}

func TestAnErrorWithoutKindShowsNothingOfItself(t *testing.T) {
	err := errors.New("password=hunter2")
	if fault.KindOf(err) != fault.Internal || fault.Message(err) == err.Error() {
		t.Errorf("kind %v, message %q", fault.KindOf(err), fault.Message(err))
	}
}

func TestOneTableForStatusAndExitCode(t *testing.T) {
	for kind, want := range map[fault.Kind][2]int{
		fault.Internal: {500, 1}, fault.Invalid: {400, 2}, fault.NotFound: {404, 3},
		fault.Conflict: {409, 4}, fault.Denied: {403, 5}, fault.Unavailable: {503, 6},
	} {
		if got := [2]int{kind.Status(), kind.ExitCode()}; got != want {
			t.Errorf("%s: status and exit code = %v, want %v", kind.Code(), got, want)
		}
		if fault.FromCode(kind.Code()) != kind {
			t.Errorf("FromCode(%q) is another kind", kind.Code())
		}
	}
}
