// Package moodlesim is a simulated Moodle: the learning platform of the demo
// campus, and the test double of whatever speaks to one.
//
// A [Site] is an [http.Handler]. At /webservice/rest/server.php it answers the
// functions of a roster sync's service as Moodle 4.5 does, oddities included:
// errors come with HTTP 200, a refused batch does not name its bad row,
// creating and enrolling are all or nothing while updating is row by row,
// variables over PHP's max_input_vars are dropped without a word, looking up
// what does not exist is no error, and enrolling again resets the dates. Its
// tests replay recorded exchanges with a real Moodle, each from a state of
// their own (scenes_test.go).
//
// At / it shows people what it holds, and that it is not a real LMS;
// /simulator/state.json is the same for programs.
//
//	site := moodlesim.New(moodlesim.Options{Token: "secret"})
//	site.AddCourse(moodlesim.Course{Shortname: "ORIENT", Fullname: "Orientation"})
//	server := httptest.NewServer(site)
//
// Trouble is made on purpose: [Site.Fail] puts the whole site in one of the
// states in which a Moodle refuses to talk, [Site.SetFaults] makes single
// calls slow, lost or refused.
//
// It knows one service user, one token, the roles student, teacher and
// editing teacher, manual enrolment, and of activities forums and pages that
// are completed by being seen. It sends no mail and stores no passwords.
package moodlesim
