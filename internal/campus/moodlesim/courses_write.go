package moodlesim

import (
	"cmp"
	"strconv"
)

func (s *Site) getCourses(args *array) (any, error) {
	options := args.values["options"].array
	if options == nil {
		options = newArray()
	}
	ids := map[int]bool{}
	for _, text := range options.texts("ids") {
		id, _ := strconv.Atoi(text)
		ids[id] = true
	}
	found := []object{}
	for _, c := range s.sortedCourses() {
		if len(ids) == 0 || ids[c.ID] {
			found = append(found, s.describeSettings(c))
		}
	}
	return found, nil
}

// describeSettings is how a site describes a course to those who may change it.
func (s *Site) describeSettings(c *Course) object {
	format := "topics"
	if c.ID == 1 {
		format = "site"
	}
	return object{
		{"id", c.ID},
		{"shortname", c.Shortname},
		{"categoryid", c.Category},
		{"categorysortorder", s.sortOrder(c)},
		{"fullname", c.Fullname},
		{"displayname", c.Fullname},
		{"idnumber", c.Idnumber},
		{"summary", ""},
		{"summaryformat", 0},
		{"format", format},
		{"showgrades", 1},
		{"newsitems", 1},
		{"startdate", toUnix(c.Start)},
		{"enddate", toUnix(c.End)},
		{"numsections", topics},
		{"maxbytes", 0},
		{"showreports", 0},
		{"visible", number(!c.Hidden)},
		{"hiddensections", 1},
		{"groupmode", 0},
		{"groupmodeforce", 0},
		{"defaultgroupingid", 0},
		{"timecreated", 0},
		{"timemodified", 0},
		{"enablecompletion", number(c.ID != 1)},
		{"completionnotify", 0},
		{"lang", ""},
		{"forcetheme", ""},
		{"courseformatoptions", formatOptions()},
		{"showactivitydates", false},
		{"showcompletionconditions", true},
	}
}

// updateCourses changes the courses that it can, and warns about the others.
func (s *Site) updateCourses(args *array) (any, error) {
	warnings := []object{}
	for _, row := range args.rows("courses") {
		id := row.number("id")
		if refusal := s.updateCourse(id, row); refusal != nil {
			warnings = append(warnings, object{
				{"item", "course"}, {"itemid", id}, {"warningcode", refusal.code}, {"message", refusal.message},
			})
		}
	}
	return object{{"warnings", warnings}}, nil
}

func (s *Site) updateCourse(id int, row *array) *exception {
	old := s.courses[id]
	if old == nil || id == 1 {
		return noRecord("course")
	}
	c := *old
	c.Shortname, c.Fullname = cmp.Or(row.text("shortname"), c.Shortname), cmp.Or(row.text("fullname"), c.Fullname)
	if row.has("idnumber") {
		c.Idnumber = row.text("idnumber")
	}
	if row.has("visible") {
		c.Hidden = row.text("visible") == "0"
	}
	if row.has("startdate") {
		c.Start = fromUnix(row.number("startdate"))
	}
	if row.has("enddate") {
		c.End = fromUnix(row.number("enddate"))
	}
	for _, other := range s.courses {
		switch {
		case other.ID == id:
		case other.Shortname == c.Shortname:
			return refuse("shortnametaken", "Short name is already used for another course ("+c.Shortname+")")
		case c.Idnumber != "" && other.Idnumber == c.Idnumber:
			return refuse("courseidnumbertaken", "ID number is already used for another course ("+c.Idnumber+")")
		}
	}
	s.courses[id] = &c
	return nil
}

// createCategories makes all categories or none.
func (s *Site) createCategories(args *array) (any, error) {
	kept := s.categories
	answer := []object{}
	for _, row := range args.rows("categories") {
		c := Category{Name: row.text("name"), Idnumber: row.text("idnumber"), Parent: row.number("parent")}
		if refusal := s.refuseCategory(c); refusal != nil {
			s.categories = kept
			return nil, refusal
		}
		c = s.putCategory(c)
		answer = append(answer, object{{"id", c.ID}, {"name", c.Name}})
	}
	return answer, nil
}

func (s *Site) refuseCategory(c Category) *exception {
	if c.Parent != 0 && s.category(c.Parent).ID == 0 {
		return refuse("unknowcategory", "Category not known!")
	}
	for _, other := range s.categories {
		if c.Idnumber != "" && other.Idnumber == c.Idnumber {
			return refuse("categoryidnumbertaken", "ID number is already used for another category")
		}
	}
	return nil
}
