// Package sqlsource reads the roster of a campus from tables or views of a
// database.
//
// Four queries, one for each stream, have the columns that [Columns] lists. A
// query is a SELECT, or the name of a table or view:
//
//	source := sqlsource.DB{DB: db, Queries: map[sis.Stream]string{
//		sis.Terms:         "lms_terms",
//		sis.Persons:       "lms_persons",
//		sis.Sections:      "SELECT crn AS id, title, term_code AS term_ids FROM section WHERE lms = 'Y'",
//		sis.Registrations: "lms_registrations",
//	}}
//
// A column that must be there and is not refuses the stream as a whole, with
// code SRC_SCHEMA and the column's name. Columns that are not listed do not
// count. Names count in any letter case.
//
// # All, or what changed
//
// A query without updated_at is read as a whole each time, and what is missing
// has gone. With updated_at, a timestamp or a text such as 2026-09-01 10:00:00
// in UTC, a pull gives a cursor: the greatest one seen. A pull with a cursor
// asks for what is not older than that less [DB.Overlap], so that a transaction
// that was committed late is not lost, and for rows without a time. A row that
// is no longer in the query is found missing by the next pull without a
// cursor, or says so itself in the column deleted.
//
// # One moment
//
// Each pull is one read-only transaction, at REPEATABLE READ where the
// database has that, and changes nothing. Rows are handed on as they come, in
// constant memory.
//
// Dates are days; end_date is the last one.
package sqlsource
