package moodlesim

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// An Activity is something to do in a course.
type Activity struct {
	ID       int       `json:"id"` // the course module's
	Course   int       `json:"courseid"`
	Topic    int       `json:"topic"` // the section of the course page that it is in
	Module   string    `json:"module"`
	Instance int       `json:"instance"`
	Name     string    `json:"name"`
	Tracked  bool      `json:"tracked"` // seeing it completes it
	Changed  time.Time `json:"changed"`
}

// A doing is what somebody has done.
type doing struct{ activity, user int }

// A module is a kind of activity.
type module struct {
	plural, purpose string
	custom, tracked string // what it tells of itself, and what when it is tracked
	badge           bool   // it has a field for one
	file            string // the page that it shows
}

var modules = map[string]module{
	"forum": {
		plural: "Forums", purpose: "collaboration", badge: true,
		custom:  `{"trackingtype":"1"}`,
		tracked: `{"customcompletionrules":{"completiondiscussions":"0","completionreplies":"0","completionposts":"0"},"trackingtype":"1"}`,
	},
	"page": {plural: "Pages", purpose: "content", custom: `""`, tracked: `""`, file: "index.html"},
}

// AddActivity stores an activity: a forum or a page.
func (s *Site) AddActivity(a Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activities = append(s.activities, a)
}

// Complete lets somebody have done an activity.
func (s *Site) Complete(activity, user int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[doing{activity, user}] = at
}

// Visit lets somebody have been in a course.
func (s *Site) Visit(course, user int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits[place{course, user}] = at
	seen := s.stays[user]
	if seen.first.IsZero() {
		seen.first = at
	}
	seen.last = at
	s.stays[user] = seen
}

// A stay is when somebody was on the site first and last.
type stay struct{ first, last time.Time }

// activitiesOf returns the activities of a course in the order in which they were made:
// the first is the forum for announcements that every course has.
func (s *Site) activitiesOf(course int) []Activity {
	list := []Activity{{ID: course - 1, Course: course, Module: "forum", Instance: course - 1, Name: "Announcements"}}
	for _, a := range s.activities {
		if a.Course == course {
			list = append(list, a)
		}
	}
	return list
}

// topics is how many sections a course page has beside the general one.
const topics = 4

func (s *Site) getContents(args *array) (any, error) {
	course := args.number("courseid")
	if s.courses[course] == nil {
		return nil, noRecord("course")
	}
	answer := []object{}
	for topic := range topics + 1 {
		name := "New section"
		if topic == 0 {
			name = "General"
		}
		shown := []object{}
		for _, a := range s.activitiesOf(course) {
			if a.Topic == topic {
				shown = append(shown, s.describeActivity(a))
			}
		}
		answer = append(answer, object{
			{"id", (course-2)*(topics+1) + topic + 1},
			{"name", name},
			{"visible", 1},
			{"summary", ""},
			{"summaryformat", 1},
			{"section", topic},
			{"hiddenbynumsections", 0},
			{"uservisible", true},
			{"component", nil},
			{"itemid", nil},
			{"modules", shown},
		})
	}
	return answer, nil
}

func (s *Site) describeActivity(a Activity) object {
	m := modules[a.Module]
	o := object{
		{"id", a.ID},
		{"url", fmt.Sprintf("http://moodle.example/mod/%s/view.php?id=%d", a.Module, a.ID)},
		{"name", a.Name},
		{"instance", a.Instance},
		{"contextid", a.context()},
		{"visible", 1},
		{"uservisible", true},
		{"visibleoncoursepage", 1},
		{"modicon", theme + a.Module + "/" + themeRevision + "/monologo?filtericon=1"},
		{"modname", a.Module},
		{"purpose", m.purpose},
		{"branded", false},
		{"modplural", m.plural},
		{"availability", nil},
		{"indent", 0},
		{"onclick", ""},
		{"afterlink", nil},
	}
	if m.badge {
		o = append(o, pair{"activitybadge", []object{}})
	}
	o = append(o, s.tracking(a, m)...)
	o = append(o, pair{"downloadcontent", 1}, pair{"dates", []object{}}, pair{"groupmode", 0})
	if m.file != "" {
		o = append(o, a.files(m.file)...)
	}
	return o
}

// context is the id of an activity's context, of which every course and every
// activity has one.
func (a Activity) context() int { return 1000 + a.ID }

// tracking is what the service user, whose doings nobody tracks, sees of the
// completion of an activity.
func (s *Site) tracking(a Activity, m module) object {
	if !a.Tracked {
		return object{{"customdata", m.custom}, {"noviewlink", false}, {"completion", 0}}
	}
	return object{
		{"customdata", m.tracked},
		{"noviewlink", false},
		{"completion", byView},
		{"completiondata", s.completion(a, serviceID, false)},
	}
}

// byView is the way of tracking that notices what was seen.
const byView = 2

func (a Activity) files(name string) object {
	return object{
		{"contents", []object{{
			{"type", "file"},
			{"filename", name},
			{"filepath", "/"},
			{"filesize", 0},
			{"fileurl", fmt.Sprintf("http://moodle.example/webservice/pluginfile.php/%d/mod_%s/content/%s?forcedownload=1", a.context(), a.Module, name)},
			{"timecreated", nil},
			{"timemodified", toUnix(a.Changed)},
			{"sortorder", 1},
			{"userid", nil},
			{"author", nil},
			{"license", nil},
		}}},
		{"contentsinfo", object{
			{"filescount", 1},
			{"filessize", 0},
			{"lastmodified", toUnix(a.Changed)},
			{"mimetypes", []string{}},
			{"repositorytype", ""},
		}},
	}
}

// completion is how far somebody is with an activity.
func (s *Site) completion(a Activity, user int, tracked bool) object {
	at, done := s.done[doing{a.ID, user}]
	return object{
		{"state", number(done)},
		{"timecompleted", toUnix(at)},
		{"overrideby", nil},
		{"valueused", false},
		{"hascompletion", true},
		{"isautomatic", true},
		{"istrackeduser", tracked},
		{"uservisible", true},
		{"details", []object{{
			{"rulename", "completionview"},
			{"rulevalue", object{{"status", number(done)}, {"description", "View"}}},
		}}},
		{"isoverallcomplete", done},
	}
}

func (s *Site) getActivitiesCompletion(args *array) (any, error) {
	course, user := args.number("courseid"), args.number("userid")
	if s.courses[course] == nil {
		return nil, noRecord("course")
	}
	statuses := []object{}
	for _, a := range s.activitiesOf(course) {
		if !a.Tracked {
			continue
		}
		status := s.completion(a, user, s.enrolments[place{course, user}] != nil)
		statuses = append(statuses, slices.Concat(
			object{{"cmid", a.ID}, {"modname", a.Module}, {"instance", a.Instance}}, status[:2],
			object{{"tracking", byView}}, status[2:]))
	}
	return object{{"statuses", statuses}, {"warnings", []object{}}}, nil
}

// getCourseCompletion has nothing to tell: no course here has criteria.
func (s *Site) getCourseCompletion(args *array) (any, error) {
	if s.courses[args.number("courseid")] == nil {
		return nil, noRecord("course")
	}
	return nil, refuse("nocriteriaset", "No completion criteria set for this course")
}

// getUpdates tells of pages that were changed; of a forum it would tell new
// posts only, of which there are none.
func (s *Site) getUpdates(args *array) (any, error) {
	course := args.number("courseid")
	if s.courses[course] == nil {
		return nil, noRecord("course")
	}
	found := []object{}
	for _, a := range s.activitiesOf(course) {
		if modules[a.Module].file != "" && toUnix(a.Changed) > args.number("since") {
			found = append(found, object{
				{"contextlevel", "module"},
				{"id", a.ID},
				{"updates", []object{{{"name", "configuration"}, {"timeupdated", toUnix(a.Changed)}}}},
			})
		}
	}
	return object{{"instances", found}, {"warnings", []object{}}}, nil
}

// getRecentCourses returns the courses that somebody has been in, the latest
// first.
func (s *Site) getRecentCourses(args *array) (any, error) {
	user := args.number("userid")
	var courses []*Course
	for _, c := range s.coursesOf(user) {
		if !s.visits[place{c.ID, user}].IsZero() {
			courses = append(courses, c)
		}
	}
	slices.SortStableFunc(courses, func(a, b *Course) int {
		return s.visits[place{b.ID, user}].Compare(s.visits[place{a.ID, user}])
	})
	found := []object{}
	for _, c := range courses {
		found = append(found, object{
			{"id", c.ID},
			{"fullname", c.Fullname},
			{"shortname", c.Shortname},
			{"idnumber", c.Idnumber},
			{"summary", ""},
			{"summaryformat", 0},
			{"startdate", toUnix(c.Start)},
			{"enddate", toUnix(c.End)},
			{"visible", !c.Hidden},
			{"showactivitydates", false},
			{"showcompletionconditions", true},
			{"pdfexportfont", ""},
			{"fullnamedisplay", c.Fullname},
			{"viewurl", "http://moodle.example/course/view.php?id=" + strconv.Itoa(c.ID)},
			{"courseimage", courseImage(c)},
			{"progress", 0},
			{"hasprogress", false},
			{"isfavourite", false},
			{"hidden", false},
			{"timeaccess", toUnix(s.visits[place{c.ID, user}])},
			{"showshortname", false},
			{"coursecategory", s.category(c.Category).Name},
		})
	}
	return found, nil
}

// getRecentItems is about the service user, who does nothing in courses.
func (s *Site) getRecentItems(*array) (any, error) { return []object{}, nil }

// getGradeItems is not for the service user.
func (s *Site) getGradeItems(*array) (any, error) { return nil, denied("View user report") }
