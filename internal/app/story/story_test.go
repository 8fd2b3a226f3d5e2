// Package story_test lives days with the whole product, as people do: in a real
// browser, with a scheduler, a worker, a Redis, a ledger and a mail server.
//
// Each story goes on where the one before has ended. What pages look like and
// do one by one is tested where they are; here it is whether all of it together
// keeps what it promises to somebody who logs in.
package story_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/testbrowser"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

func TestADayInABrowser(t *testing.T) {
	start := testbrowser.New(t)
	h := build(t)
	for i, s := range []struct {
		name string
		tell func(*house, func() visitor)
	}{
		{"the first superadmin lets people in", peopleCome},
		{"everybody sees what is theirs", everybodySeesTheirs},
		{"a job is aborted with the red X", redX},
		{"an e-mail says that a job has ended", mailArrives},
		{"errors are opened and downloaded", errorsAreDownloaded},
		{"a job moves without a reload", jobMoves},
		{"all of it goes by keys", byKeys},
		{"all of it goes without scripts", withoutScripts},
		{"what is stolen is good for nothing", stolen},
		{"no page has barriers", noBarriers},
	} {
		ok := t.Run(s.name, func(t *testing.T) {
			h := h.on(t)
			s.tell(h, func() visitor { return visitor{start(t), h} })
		})
		if i == 0 && !ok {
			return // there is nobody whom the others could be about
		}
	}
}
