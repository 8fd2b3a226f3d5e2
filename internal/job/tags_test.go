package job_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestTagsAreKeptInOrderAndEachOnce(t *testing.T) {
	for _, tt := range []struct{ given, want []string }{
		{nil, nil},
		{[]string{}, nil},
		{[]string{"term-2026", "drill", "drill", "0"}, []string{"0", "drill", "term-2026"}},
		{[]string{"a.b-c_d:e", strings.Repeat("x", 40)}, []string{"a.b-c_d:e", strings.Repeat("x", 40)}},
		{[]string{"a", "b", "c", "d", "e", "f", "g", "h", "a"}, []string{"a", "b", "c", "d", "e", "f", "g", "h"}},
	} {
		got, err := job.TagsOf(tt.given)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got)\n%s", tt.given, err, diff)
		}
	}
}

func TestWhatIsNoTagIsRefused(t *testing.T) {
	for _, tag := range []string{"", " a", "a ", "A", "é", "-a", ".a", "a b", "a,b", "a\n", "a\x00", "\xff", strings.Repeat("x", 41)} {
		_, err := job.TagsOf([]string{"fine", tag})
		refused, _ := errors.AsType[*fault.Error](err)
		if refused == nil || refused.Kind != fault.Invalid || refused.Field != "tags" || !strings.Contains(fault.Message(err), "1 to 40 lower-case letters") {
			t.Errorf("%q: %v", tag, err)
		}
	}
	nine := make([]string, 9)
	for i := range nine {
		nine[i] = fmt.Sprint(i)
	}
	if _, err := job.TagsOf(nine); fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), "8 tags at most, not 9") {
		t.Errorf("nine tags: %v", err)
	}
}
