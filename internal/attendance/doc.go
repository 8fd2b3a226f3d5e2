// Package attendance turns what students do in courses into attendance of
// sections by day, and posts it: three of the SIS tasks.
//
//	sis.attendance.collect   reads activity, and computes each day's minutes
//	sis.attendance.post      sends what the sink does not have yet
//	sis.attendance.verify    reads back what the sink has, and looks for harm
//
// What counts, and for how much, is [Rules]: a pure function from activity to
// minutes. A day begins and ends by the clocks of the section's zone. Activity
// counts only while the person is registered, and only as a student.
//
// # What is never done
//
// A day is not posted twice, and not while it lasts. An attendance that was
// sent without an answer is read back before it is sent again; where the sink
// cannot be read, a person decides. What a teacher enters in the SIS stays:
// the difference is a conflict, shown and not overwritten.
//
// In some systems attendance has consequences: rules drop students who are
// absent, and the drop comes back as a registration that ended. So silence is
// never taken for absence. Where the log has nothing of a whole day, or far
// fewer people of a section attended than in the weeks before, the day is held
// until a person releases it, and what was posted before stays as it is. Who
// drops a section within a day of our post is reported.
package attendance
