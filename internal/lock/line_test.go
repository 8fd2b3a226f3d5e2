package lock

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	readsUsers  = `{"reads":["north/users"]}`
	writesUsers = `{"writes":["north/users"]}`
	blocks      = `{"blocking":true}`
)

func expect[T any](t *testing.T, what string, want, got T, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, append(opts, cmpopts.EquateEmpty())...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var timeless = cmpopts.IgnoreFields(reason{}, "Since")

func TestAWaitingWriterStopsNewReaders(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		expect(t, "a reads", reason{}, l.try("a", north, readsUsers))
		held := reason{Kind: "lock", Name: "north/users", Holder: "a", Task: "sis.pull"}
		expect(t, "b writes", held, l.try("b", north, writesUsers), timeless)
		expect(t, "c reads", held, l.try("c", north, readsUsers), timeless)

		expect(t, "called after a", []string{"b"}, l.gives("a", north.wanting(readsUsers)))
		expect(t, "barging reader", "b", l.try("d", north, readsUsers).Holder)
		expect(t, "b writes at last", reason{}, l.try("b", north, writesUsers))
		expect(t, "called after b", []string{"c", "d"}, l.gives("b", north.wanting(writesUsers)))
	})
}

func TestAJobTriedAgainKeepsItsPlace(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		l.try("a", north, writesUsers)
		for _, id := range []string{"b", "c", "c", "b"} {
			l.try(id, north, writesUsers)
		}
		expect(t, "called", []string{"b"}, l.gives("a", north.wanting(writesUsers)))
		expect(t, "c behind b", "b", l.try("c", north, writesUsers).Holder)
	})
}

func TestOneThatLeavesTheLineLetsOthersGo(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		l.try("a", north, readsUsers)
		l.try("b", north, writesUsers)
		l.try("c", north, readsUsers)
		answer := l.calls(on("leave", "b"), on("call"))
		expect(t, "called", []string{"c"}, l.ids(answer[1][0]))
	})
}

func TestGivingBackTwiceTakesNothingFromTheNext(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		l.try("a", north, writesUsers)
		l.gives("a", north.wanting(writesUsers))
		l.try("b", north, writesUsers)
		l.gives("a", north.wanting(writesUsers))
		expect(t, "c", "b", l.try("c", north, readsUsers).Holder)
		l.gives("b", north.wanting(writesUsers))
		l.gives("x", north.wanting(""))
		expect(t, "use", map[string]string{}, l.rdb.HGetAll(t.Context(), prefix+"use").Val())
	})
}

func TestABlockingJobIsAloneInItsClient(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		south := who{Task: "sis.pull", Client: "south"}
		l.try("a", north, "")
		expect(t, "not beside a", reason{Kind: "blocking", Name: "north/*"}, l.try("b", north, blocks))
		expect(t, "behind b", "b", l.try("c", north, "").Holder)
		expect(t, "another client", reason{}, l.try("d", south, ""))
		expect(t, "called after a", []string{"b"}, l.gives("a", north.wanting("")))
		expect(t, "alone", reason{}, l.try("b", north, blocks))
		expect(t, "held by b", "b", l.try("e", north, "").Holder)
		expect(t, "called after b", []string{"c", "e"}, l.gives("b", north.wanting(blocks)))
	})
}

func TestABlockingJobWithoutClientIsAloneOnThePlatform(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		platform := who{Task: "campus.rebuild"}
		l.try("a", north, "")
		expect(t, "not beside a", reason{Kind: "blocking", Name: "/*"}, l.try("b", platform, blocks))
		expect(t, "behind b", "b", l.try("c", north, "").Holder)
		expect(t, "called after a", []string{"b"}, l.gives("a", north.wanting("")))
		expect(t, "alone", reason{}, l.try("b", platform, blocks))
		expect(t, "called after b", []string{"c"}, l.gives("b", platform.wanting(blocks)))
	})
}

func TestABlockingJobStepsBackAfterItsPatience(t *testing.T) {
	c := stopped(t)
	c.try("a", north, "")
	c.try("b", north, blocks)
	c.try("c", north, "")
	c.passes(14 * time.Minute)
	expect(t, "swept early", nil, c.sweeps())

	c.passes(time.Minute)

	expect(t, "swept", []string{"b", "c"}, c.sweeps())
	expect(t, "new jobs start", reason{}, c.try("d", north, ""))
	why := c.try("b", north, blocks)
	if why.Kind != "blocking" || c.after(why.Back) != 15*time.Minute {
		t.Errorf("b waits for %+v, steps back for %s", why, c.after(why.Back))
	}
	c.passes(15 * time.Minute)
	expect(t, "patient again", "b", c.try("e", north, "").Holder)
}

func TestALimitLetsInWhoCameFirst(t *testing.T) {
	for scope, name := range map[string]string{
		"task:sis.pull": "", "client:north": "", "client:*": "client:north", "all": "",
		"task:sis.pull:client:north": "", "task:sis.pull:client:*": "task:sis.pull:client:north", "declared:task:sis.pull": "task:sis.pull",
	} {
		t.Run(scope, func(t *testing.T) {
			everywhere(t, func(t *testing.T, l lua) {
				l.rdb.HSet(t.Context(), prefix+"limits", scope, 1)
				if name == "" {
					name = scope
				}
				l.try("a", north, "")
				expect(t, "b", reason{Kind: "limit", Name: name, Place: name}, l.try("b", north, ""))
				l.try("c", north, "")
				expect(t, "called", []string{"b"}, l.gives("a", north.wanting("")))
				expect(t, "barging", "limit", l.try("d", north, "").Kind)
				expect(t, "b runs", reason{}, l.try("b", north, ""))
			})
		})
	}
}

func TestASweepCallsThoseWhoWereForgotten(t *testing.T) {
	c := stopped(t)
	c.rdb.HSet(t.Context(), prefix+"limits", "all", 1)
	c.try("a", north, "")
	c.try("b", north, "")
	c.rdb.HSet(t.Context(), prefix+"limits", "all", 2)
	expect(t, "raised limit", []string{"b"}, c.sweeps())
	expect(t, "called already", nil, c.sweeps())
	c.passes(10*time.Second + time.Millisecond)
	expect(t, "lost on the way", []string{"b"}, c.sweeps())
}

func TestALongLineOfReadersIsCalledPageByPage(t *testing.T) {
	l := lua{t, client(t, redisAddr(t))}
	l.try("w", north, writesUsers)
	for i := range 450 {
		l.try(fmt.Sprint("r", i), north, readsUsers)
	}
	called := l.gives("w", north.wanting(writesUsers))
	for range 3 {
		called = append(called, l.ids(l.calls(on("call"))[0][0])...)
	}
	if len(called) != 450 || called[449] != "r449" {
		t.Errorf("called %d, last %v", len(called), called[len(called)-1:])
	}
}
