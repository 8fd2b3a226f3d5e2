package moodlesim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (s *Site) getCoursesByField(args *array) (any, error) {
	field, text := args.text("field"), args.text("value")
	if field == "ids" {
		return s.getCoursesByIDs(strings.Split(text, ","))
	}
	test := courseTest(field, text)
	if test == nil {
		return nil, errParameter
	}
	return s.describeCourses(test), nil
}

// getCoursesByIDs fails as a whole when one of the courses does not exist.
func (s *Site) getCoursesByIDs(ids []string) (any, error) {
	for _, text := range ids {
		if id, _ := strconv.Atoi(text); s.courses[id] == nil {
			return nil, &exception{class: "Error", message: `Attempt to assign property "contextvalidated" on null`}
		}
	}
	return s.describeCourses(func(c *Course) bool { return slices.Contains(ids, strconv.Itoa(c.ID)) }), nil
}

// courseTest returns the condition that a field and its value mean, or nil.
func courseTest(field, text string) func(*Course) bool {
	switch field {
	case "":
		return func(*Course) bool { return true }
	case "id":
		return func(c *Course) bool { return strconv.Itoa(c.ID) == text }
	case "shortname":
		return func(c *Course) bool { return strings.EqualFold(c.Shortname, text) }
	case "idnumber":
		return func(c *Course) bool { return strings.EqualFold(c.Idnumber, text) }
	case "category":
		return func(c *Course) bool { return strconv.Itoa(c.Category) == text }
	default:
		return nil
	}
}

func (s *Site) describeCourses(test func(*Course) bool) object {
	found := []object{}
	for _, c := range s.sortedCourses() {
		if test(c) {
			found = append(found, s.describeCourse(c))
		}
	}
	return object{{"courses", found}, {"warnings", []object{}}}
}

// describeCourse is how a site describes a course to those who look for it.
func (s *Site) describeCourse(c *Course) object {
	front := c.ID == 1
	completion, methods, format, news := any(true), []string{"manual"}, "topics", 1
	if front {
		completion, methods, format, news = nil, []string{}, "site", 3
	}
	if c.NoManual {
		methods = []string{}
	}
	o := object{
		{"id", c.ID},
		{"fullname", c.Fullname},
		{"displayname", c.Fullname},
		{"shortname", c.Shortname},
		{"courseimage", courseImage(c)},
		{"categoryid", c.Category},
		{"categoryname", s.category(c.Category).Name},
		{"sortorder", s.sortOrder(c)},
		{"summary", ""},
		{"summaryformat", 0},
		{"summaryfiles", []object{}},
		{"overviewfiles", []object{}},
		{"showactivitydates", false},
		{"showcompletionconditions", completion},
		{"contacts", []object{}},
		{"enrollmentmethods", methods},
		{"idnumber", c.Idnumber},
		{"format", format},
		{"showgrades", 1},
		{"newsitems", news},
		{"startdate", toUnix(c.Start)},
		{"enddate", toUnix(c.End)},
		{"maxbytes", 0},
		{"showreports", 0},
		{"visible", number(!c.Hidden)},
		{"groupmode", 0},
		{"groupmodeforce", 0},
		{"defaultgroupingid", 0},
		{"enablecompletion", number(!front)},
		{"completionnotify", 0},
		{"lang", ""},
		{"theme", ""},
		{"marker", 0},
		{"legacyfiles", 0},
		{"calendartype", ""},
		{"timecreated", 0},
		{"timemodified", 0},
		{"requested", 0},
		{"cacherev", 0},
		{"filters", filters()},
	}
	if front {
		return o
	}
	return append(o, pair{"courseformatoptions", append(formatOptions(), object{{"name", "indentation"}, {"value", "1"}})})
}

func filters() []object {
	var list []object
	for _, name := range []string{"displayh5p", "activitynames", "mathjaxloader", "emoticon", "urltolink", "mediaplugin"} {
		list = append(list, object{{"filter", name}, {"localstate", 0}, {"inheritedstate", 1}})
	}
	return list
}

func formatOptions() []object {
	return []object{{{"name", "hiddensections"}, {"value", 1}}, {{"name", "coursedisplay"}, {"value", 0}}}
}

func courseImage(c *Course) string {
	return fmt.Sprintf("http://moodle.example/pluginfile.php/%d/course/generated/course.svg", c.ID)
}

// createCourses makes all courses or none.
func (s *Site) createCourses(args *array) (any, error) {
	var made []Course
	for _, row := range args.rows("courses") {
		c := readCourse(row)
		if err := s.refuseCourse(c, made); err != nil {
			return nil, err
		}
		made = append(made, c)
	}
	answer := []object{}
	for _, c := range made {
		stored := s.putCourse(c)
		answer = append(answer, object{{"id", stored.ID}, {"shortname", stored.Shortname}})
	}
	return answer, nil
}

func readCourse(row *array) Course {
	return Course{
		Shortname: row.text("shortname"),
		Fullname:  row.text("fullname"),
		Idnumber:  row.text("idnumber"),
		Category:  row.number("categoryid"),
		Start:     fromUnix(row.number("startdate")),
		End:       fromUnix(row.number("enddate")),
		Hidden:    row.text("visible") == "0",
	}
}

// refuseCourse says what is against a new course, beside those made before it
// in the same batch.
func (s *Site) refuseCourse(c Course, before []Course) error {
	taken := func(test func(*Course) bool) bool {
		for _, other := range s.courses {
			if test(other) {
				return true
			}
		}
		return slices.ContainsFunc(before, func(other Course) bool { return test(&other) })
	}
	switch {
	case s.category(c.Category).ID == 0:
		return refuse("errorcatcontextnotvalid", fmt.Sprintf("You cannot execute functions in the category context "+
			"(category id:%d). The context error message was: Invalid parameter value detected", c.Category))
	case taken(courseTest("shortname", c.Shortname)):
		return refuse("shortnametaken", "Short name is already used for another course ("+c.Shortname+")")
	case c.Idnumber != "" && taken(courseTest("idnumber", c.Idnumber)):
		return refuse("courseidnumbertaken", "ID number is already used for another course ("+c.Idnumber+")")
	case c.Start.IsZero() && !c.End.IsZero():
		return refuse("nostartdate", "The course start date must be set if the course end date is set.")
	case !c.End.IsZero() && c.End.Before(c.Start):
		return refuse("enddatebeforestartdate", "The course end date must be after the start date.")
	default:
		return nil
	}
}

func (s *Site) category(id int) Category {
	for _, c := range s.categories {
		if c.ID == id {
			return c
		}
	}
	return Category{}
}

// sortOrder is a course's place among all: by category, and in each the
// newest first.
func (s *Site) sortOrder(c *Course) int {
	if c.ID == 1 {
		return 1
	}
	rank := 1
	for _, other := range s.courses {
		if other.Category == c.Category && other.ID > c.ID {
			rank++
		}
	}
	return s.categoryOrder(c.Category) + rank
}

func (s *Site) categoryOrder(id int) int {
	return 10000 * (1 + slices.IndexFunc(s.categories, func(c Category) bool { return c.ID == id }))
}

func (s *Site) getCategories(args *array) (any, error) {
	subcategories := !args.has("addsubcategories") || args.text("addsubcategories") == "1"
	found := []object{}
	for _, c := range s.categories {
		matches := matchesCategory(c, args.rows("criteria"))
		for parent := c; subcategories && !matches && parent.Parent != 0; {
			parent = s.category(parent.Parent)
			matches = matchesCategory(parent, args.rows("criteria"))
		}
		if matches {
			found = append(found, s.describeCategory(c))
		}
	}
	return found, nil
}

func matchesCategory(c Category, criteria []*array) bool {
	for _, row := range criteria {
		values := map[string]string{
			"id": strconv.Itoa(c.ID), "name": c.Name, "idnumber": c.Idnumber, "parent": strconv.Itoa(c.Parent), "visible": "1",
		}
		if !strings.EqualFold(values[row.text("key")], row.text("value")) {
			return false
		}
	}
	return true
}

func (s *Site) describeCategory(c Category) object {
	path, depth := "/"+strconv.Itoa(c.ID), 1
	for parent := c.Parent; parent != 0; parent = s.category(parent).Parent {
		path, depth = "/"+strconv.Itoa(parent)+path, depth+1
	}
	var idnumber any
	if c.Idnumber != "" {
		idnumber = c.Idnumber
	}
	count := 0
	for _, course := range s.courses {
		if course.Category == c.ID {
			count++
		}
	}
	return object{
		{"id", c.ID},
		{"name", c.Name},
		{"idnumber", idnumber},
		{"description", ""},
		{"descriptionformat", number(cmp.Or(c.Idnumber, c.Name) == "Category 1")},
		{"parent", c.Parent},
		{"sortorder", s.categoryOrder(c.ID)},
		{"coursecount", count},
		{"visible", 1},
		{"visibleold", 1},
		{"timemodified", 0},
		{"depth", depth},
		{"path", path},
		{"theme", ""},
	}
}
