// Package anthologysim is a simulated SIS with an inbox of messages that are
// kept until they are acknowledged, as Anthology Student offers it to a
// learning platform: the SIS end of package anthology in tests and
// rehearsals.
//
// A [Server] is an [http.Handler]. What the SIS has to say is put in with
// [Server.Put]; [Server.Acknowledged] tells what was acknowledged and how, and
// [Server.Attendance] what was posted as attendance:
//
//	sim := anthologysim.New(anthologysim.Options{Token: "secret"})
//	sim.Put(sis.Record{Term: &term})
//	server := httptest.NewServer(sim)
//
// A message that is not acknowledged comes again, in the order in which it was
// put in. Attendance of a day that was posted already is refused unless the
// post says UpdateExistingAttendance; negative minutes, and people who are in
// no section, are refused always. Each item is answered for.
//
// [Server.Tell] puts in all that has changed at an invented university since
// another day. [Server.Fail] makes the next calls fail on purpose, and
// [Options] every so many.
package anthologysim
