// Package roster brings what the student information system says into the
// learning platform: the SIS tasks.
//
// A sync is run by a chain of tasks, each of which starts the next one when it
// has succeeded:
//
//	sis.terms.pull             the head: takes a snapshot, and pulls terms
//	sis.teachers.pull          pulls people, teachers and students
//	sis.sections.pull          pulls class sections
//	sis.sections.process       links sections to courses that are there
//	sis.registrations.pull     pulls registrations
//	sis.plan                   compares all that with what was last written
//	sis.registrations.process  writes the difference, unless it is a dry run
//
// Each can be made by itself too, and so can sis.teachers.process, which brings
// the accounts of teachers in order ahead of the plan.
//
// Pulls write to the ledger only: rows as they stand, and a message for each
// change. The plan reads the ledger and looks things up in the target; it is
// where all policy is, as a function of what was read ([planner]). The last
// step writes what the plan says and nothing else.
//
// All of it is idempotent. A step that is repeated finds what it did before; a
// snapshot that is pulled again changes no row, and an empty plan makes no
// call. What was handed to the target when a process died is handed over again
// by its successor, after a look at what is there.
//
// # What is never done
//
// Nobody is unenrolled and no account is deleted: who drops a class is
// suspended in it, and whose role changes loses the old one only. What a person changed in the LMS stays, until the SIS
// changes the same thing. Accounts are recognised by the key of the SIS alone;
// an account that has the wrong key and the right e-mail is reported, not
// taken. An unusual number of drops is held until a person lets it through.
package roster
