// Package sis is the campus as Beadle sees it: terms, people, sections and
// registrations, where they come from and where they go.
//
// A [Source] is a student information system, or the files that it exports. It
// offers snapshots: a consistent state of all streams, named by an id, from
// which each stream can be pulled again. A [Target] is a learning platform.
// Its methods take batches and answer for each item, so that one bad row costs
// nobody else anything.
//
// Ids of the SIS are opaque strings, trimmed and otherwise untouched: leading
// zeros, letter case and "1E5" matter. A person is never recognised by an
// e-mail address alone.
//
// Connectors live in the folders below, one each. They import nothing of Beadle
// but this package and what they share: fields reads what other systems write
// into dates, flags and words, and upload finds the newest file of a folder.
package sis
