// Package flatfile is a [sis.Target] for platforms that read files: it writes
// a OneRoster bundle, or the files that Moodle reads (enrolments in the format
// of its flat file plug-in, people and courses in those of its uploads).
//
// What the platform is to hold is kept in a journal beside the files
// (state.ndjson), which is added to before a batch is answered for. The files
// are made of it, each written beside the old one and put in its place, so
// that whoever reads them finds all or nothing of a state, never a part. They
// follow a batch at once, or, where there is much to write, after a while.
//
// Cells that a spreadsheet would take for a formula get an apostrophe before
// them. Courses are those that were created here: a platform's own courses are
// not known.
package flatfile
