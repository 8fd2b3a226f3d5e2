// Package onerosterapi reads the roster of a campus from a OneRoster REST
// service, versions 1.1 and 1.2.
//
//	source := onerosterapi.New(onerosterapi.Config{
//		URL: "https://sis.example.edu", Version: "1.2",
//		TokenURL: "https://sis.example.edu/oauth/token", ClientID: "beadle", ClientSecret: secret,
//	})
//	result, err := source.Pull(ctx, sis.Request{Snapshot: moment, Stream: sis.Persons}, save)
//
// It asks for the core roster only, read-only: no demographics.
//
// # Services are not what the specification says
//
// Many send fewer rows than they are asked for, do not say how many there are,
// never send a tombstone, and let rows appear up to a quarter of an hour after
// the time at which they claim to have been changed. So:
//
//   - The next page begins where the rows that came end, and reading ends with
//     an empty page only. A total is compared with what came, and never
//     believed.
//   - Each page begins with the last row of the page before. If it does not,
//     rows came or went meanwhile: nothing is lost, the row that came twice is
//     sent once, and a pull of everything is read again until it holds still.
//   - A pull is complete, so that what is not in it is gone, only if everything
//     was asked for, nothing moved, no id stood for two things, and the total
//     was right if there was one. If not, [sis.Result.Warning] says why, after
//     the code SNAPSHOT_INCOMPLETE.
//   - What has changed is asked for from the newest change that was seen, not
//     from now, less an overlap (30 minutes), less what the service's clock is
//     wrong by. What comes again is the same, and does no harm. Between such
//     pulls one without a cursor is needed, nightly or so: only that finds what
//     is gone.
//
// A record's version is its dateLastModified. A row that changes while it is
// read is sent again with a higher one.
//
// # Trouble
//
// A page that does not come, or is cut, is asked for again, after as long as
// the service says; a pull waits ten minutes in all. A token that expired is
// replaced once for each page. After that the error says with a code who has
// to do something: SRC_AUTH and SRC_SCOPE, SRC_SCHEMA, or nobody yet:
// SRC_UNAVAILABLE, SRC_TIMEOUT, SRC_RATE_LIMITED.
//
// Answers come from outside: a row may have 1 MiB and an answer 1 GiB, and
// redirects to another host are not followed.
package onerosterapi
