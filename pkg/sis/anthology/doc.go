// Package anthology reads the roster of a campus from an inbox of messages
// that the SIS keeps until it is told that they have arrived: the get and
// acknowledge pairs of Anthology Student (CampusVue, CampusNexus), spoken as
// JSON over HTTP.
//
// [Inbox] is a [sis.Source] and a [sis.Acknowledger]:
//
//	inbox, err := anthology.New(anthology.Config{URL: "https://sis.example.edu/lms", Token: token})
//	snapshot, err := inbox.Snapshot(ctx)
//	result, err := inbox.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: sis.Registrations}, keep)
//	written, err := inbox.Acknowledge(ctx, receipts) // once what was kept is durable
//
// # A queue, not a snapshot
//
// A pull brings the messages that have not been acknowledged, oldest first.
// What is missing from it has not gone: [sis.Result.Complete] is never set, and
// only a message that says so (a dropped CourseStatus, an Action of Delete)
// takes anything away. There is no cursor: what was not acknowledged comes
// again by itself. [sis.Record.Receipt] is the message's id.
//
// # Who teaches
//
// Instructors stand in the messages about sections and about registrations,
// and not in messages of their own. The stream of registrations has one
// registration of a teacher for each. Acknowledging those tells the SIS nothing:
// a message is acknowledged as what it is about. A section's message that names another
// instructor does not say that the first one left: list such people in
// RemovedInstructorIds.
//
// # On the wire
//
// Every operation is a POST below the URL, at a path of its own name. An
// answer is
//
//	{"Status": "OK", "Result": "", "InfoMessages": [], "Messages": [
//	  {"MessageId": "17", "Status": "OK", "StudentId": "1001", "CourseSectionId": "88", "CourseStatus": "Current", …}
//	]}
//
// with the fields that [Fields] lists. Paths and names of fields are settings:
// a gateway in front of the SIS need not use the documented ones. Names count in
// any letter case, and objects within a message are read as part of it. A server
// that sends its messages in pages is asked for what is after the last one,
// until a page brings nothing new.
//
// Dates are days: EndDate is the last one.
package anthology
