// Package sistest is what every [sis.Source] must pass: one suite, run by the
// test of each connector against the connector as it is, with a fake of the
// system that it speaks to.
//
// The suite says what the system holds, a [Campus], and what goes wrong with
// it, a [Fault]. The connector's test says how to start that:
//
//	func TestSource(t *testing.T) {
//		sistest.Source(t, sistest.Maker{
//			Faults: []sistest.Fault{sistest.SmallPages, sistest.RateLimited, sistest.BadRow},
//			Make: func(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
//				server := httptest.NewServer(fake(holds, goesWrong))
//				t.Cleanup(server.Close)
//				return sistest.System{Source: mysis.New(server.URL)}
//			},
//		})
//	}
//
// A connector names the faults that can befall it: a file has no token that
// expires. What holds for all of them is tested of all: everything is sent,
// once; a stream that cannot be read to its end is an error with a stable code
// that names nobody; an error of emit ends the pull; a pull that was stopped
// can be begun again; streams can be pulled at the same time.
//
// Many systems keep less of a campus than the vocabulary can say. Such a
// connector's test says what comes back with [Maker.Carries].
package sistest
