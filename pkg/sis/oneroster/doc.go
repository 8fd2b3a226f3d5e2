// Package oneroster reads the roster of a campus from OneRoster CSV bundles,
// versions 1.1 and 1.2, and writes such bundles.
//
// A bundle is a zip of CSV files that a student information system exports:
//
//	manifest.csv          what the bundle holds: file.users = bulk, delta or absent
//	academicSessions.csv  terms
//	users.csv             persons; since 1.2 their roles are in roles.csv
//	classes.csv           sections; courses.csv, if there, has the titles of their courses
//	enrollments.csv       registrations
//
// [CSV] is a [sis.Source] for a bundle, or for a folder that an SIS uploads
// bundles to:
//
//	source := oneroster.CSV{Path: "./inbox"}
//	snapshot, err := source.Snapshot(ctx)
//	result, err := source.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: sis.Persons}, save)
//
// # Tolerant to form, strict about meaning
//
// Real bundles are sloppy: a byte order mark, Windows-1252, semicolons, TRUE
// for true, a folder in the zip. All that is read, with a warning where it is
// odd. What could be two things is never guessed: 03/04/2026 is not a date,
// and two different rows with one id are both problems.
//
// # Whole files only
//
// Pull reads a file twice. The first time it looks at everything: the
// checksum, the header, the last line, the ids. A file that is cut, or lacks a
// column, is refused as a whole, with code SRC_SCHEMA, before the first record
// is emitted. The second time it emits, row by row, in constant memory but for
// about 32 bytes per row that find an id used twice. A row that cannot be read
// is a problem of its own, with a line number, and costs no other row anything.
//
// Bundles come from outside. Names that lead out of the zip, links, encrypted
// entries, zips in the zip, and what unpacks to too much are refused.
//
// # Dates
//
// endDate is taken for the first day after: OneRoster's is exclusive.
package oneroster
