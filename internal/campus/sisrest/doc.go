// Package sisrest is a simulated student information system that speaks
// OneRoster REST, versions 1.1 and 1.2: the test double of whatever reads one.
//
// A [Server] is an [http.Handler]. It gives tokens at /token by OAuth 2 client
// credentials, and serves a campus as the more careless of real services do: it
// sends fewer rows than it is asked for, does not say how many there are, and
// never sends a tombstone. What is no longer in the campus is simply not there.
//
//	sis := sisrest.New(bundle, sisrest.Faults{Pages: 100, BusyEvery: 10})
//	server := httptest.NewServer(sis)
//	sis.Replace(tomorrow)
//
// [Faults] say what else goes wrong with it.
package sisrest
