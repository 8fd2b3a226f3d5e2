// Package imsenterprise reads the roster of a campus from IMS Enterprise 1.1
// XML, also in the dialect of the Banner and Luminis message broker.
//
// [XML] is a [sis.Source] for a file, or for a folder that an SIS uploads files
// to:
//
//	source := imsenterprise.XML{Path: "./inbox", Complete: true}
//	snapshot, err := source.Snapshot(ctx)
//	result, err := source.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: sis.Persons}, save)
//
// # What is what
//
//	person      a person; the userid (the "Logon ID", if there are several) is the
//	            username, and without one the id is
//	group       a section, or by its typevalue a Term, or a Course that sections
//	            refer to; groups of colleges and departments do not count
//	membership  registrations: a role of type 01 is a student, 02 a teacher and 08
//	            an assistant; a role with recstatus 3 or status 0 has ended
//
// A section's term is the group that it names in a relationship with the label
// Term, or the part of its id after the last dot ("10001.202610") if that is a
// term. In a file without groups of type Term the section's org is its term,
// from the first begin to the last end of its sections.
//
// A group whose members are groups (idtype 2) is a cross-list: its sections say
// so in [sis.Section.CrossList], and it is no section itself. The deliverysystem
// of a Luminis group is the section's provider.
//
// Dates of a role count if they are restricting, as restrict="1" says, and else
// those of the term do. An end is the last day.
//
// # Whole files only
//
// Pull reads a file twice: to its end, to see that it is whole, and then again
// to emit. Memory grows with the number of persons by a few bytes each. A file
// that is cut, or no XML, is refused with code SRC_SCHEMA. So is what no roster
// has need of: entities, a document type with declarations in it, elements 32
// deep, a record of more than 1 MiB. A document type that only names the
// specification, as its own examples do, is passed over and never fetched.
//
// The format does not say whether a file holds everything; [XML.Complete] does.
package imsenterprise
