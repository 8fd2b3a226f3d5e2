package moodlesim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A Cohort is a set of people of the whole site.
type Cohort struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Idnumber string `json:"idnumber"`
	Members  []int  `json:"members"`
}

// AddCohort stores a cohort, unchecked, and returns it with its id.
func (s *Site) AddCohort(c Cohort) Cohort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.putCohort(c)
}

// JoinCohort puts people into a cohort, unchecked.
func (s *Site) JoinCohort(cohort int, people ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cohort("id", strconv.Itoa(cohort))
	c.Members = append(c.Members, people...)
}

func (s *Site) putCohort(c Cohort) *Cohort {
	c.ID = cmp.Or(c.ID, len(s.cohorts)+1)
	s.cohorts = append(s.cohorts, &c)
	return &c
}

// cohort finds a cohort by its id or its idnumber.
func (s *Site) cohort(by, text string) *Cohort {
	for _, c := range s.cohorts {
		if by == "id" && strconv.Itoa(c.ID) == text || by == "idnumber" && c.Idnumber == text {
			return c
		}
	}
	return nil
}

// createCohorts makes all cohorts or none.
func (s *Site) createCohorts(args *array) (any, error) {
	var made []Cohort
	for _, row := range args.rows("cohorts") {
		c := Cohort{Name: row.text("name"), Idnumber: row.text("idnumber")}
		taken := s.cohort("idnumber", c.Idnumber) != nil ||
			slices.ContainsFunc(made, func(other Cohort) bool { return other.Idnumber == c.Idnumber })
		if c.Idnumber != "" && taken {
			return nil, errParameter.because("record already exists: idnumber=" + c.Idnumber)
		}
		made = append(made, c)
	}
	answer := []object{}
	for _, c := range made {
		answer = append(answer, s.putCohort(c).describe())
	}
	return answer, nil
}

func (c *Cohort) describe() object {
	return object{
		{"id", c.ID},
		{"name", c.Name},
		{"idnumber", c.Idnumber},
		{"description", ""},
		{"descriptionformat", 1},
		{"visible", true},
		{"theme", ""},
	}
}

func (s *Site) getCohorts(args *array) (any, error) {
	ids := args.texts("cohortids")
	found := []object{}
	for _, c := range s.cohorts {
		if ids == nil || slices.Contains(ids, strconv.Itoa(c.ID)) {
			found = append(found, append(c.describe(), pair{"customfields", []object{}}))
		}
	}
	return found, nil
}

func (s *Site) searchCohorts(args *array) (any, error) {
	query := strings.ToLower(args.text("query"))
	found := []object{}
	for _, c := range s.cohorts {
		if strings.Contains(strings.ToLower(c.Name+"\n"+c.Idnumber), query) {
			found = append(found, append(c.describe(), pair{"customfields", []object{}}))
		}
	}
	return object{{"cohorts", found}}, nil
}

func (s *Site) getCohortMembers(args *array) (any, error) {
	found := []object{}
	for _, text := range args.texts("cohortids") {
		c := s.cohort("id", text)
		if c == nil {
			return nil, noRecord("cohort")
		}
		found = append(found, object{{"cohortid", c.ID}, {"userids", slices.Sorted(slices.Values(c.Members))}})
	}
	return found, nil
}

// addCohortMembers adds those that it can, and warns about the others.
func (s *Site) addCohortMembers(args *array) (any, error) {
	warnings := []object{}
	for _, row := range args.rows("members") {
		if code, message := s.addCohortMember(row.values["cohorttype"].array, row.values["usertype"].array); code != "" {
			warnings = append(warnings, object{{"warningcode", code}, {"message", message}})
		}
	}
	return object{{"warnings", warnings}}, nil
}

func (s *Site) addCohortMember(which, who *array) (code, message string) {
	cohortType, cohortValue := which.text("type"), which.text("value")
	userType, userValue := who.text("type"), who.text("value")
	switch {
	case cohortType != "id" && cohortType != "idnumber":
		return "1", "invalid parameter: cohortype=" + cohortType
	case userType != "id" && userType != "username":
		return "1", "invalid parameter: usertype=" + userType
	}
	c, users := s.cohort(cohortType, cohortValue), s.finder(userType)(userValue)
	switch {
	case c == nil:
		return "2", "cohort " + cohortType + "=" + cohortValue + " not exists"
	case len(users) == 0:
		return "2", "user " + userType + "=" + userValue + " not exists"
	case slices.Contains(c.Members, users[0]):
		return "3", "record already exists: cohort(" + cohortType + "=" + cohortValue + " " + userType + "=" + userValue + ")"
	}
	c.Members = append(c.Members, users[0])
	return "", ""
}

func (s *Site) deleteCohortMembers(args *array) (any, error) {
	rows := args.rows("members")
	for _, row := range rows {
		switch {
		case s.cohort("id", row.text("cohortid")) == nil:
			return nil, noRecord("cohort")
		case s.users[row.number("userid")] == nil:
			return nil, noRecord("user")
		}
	}
	for _, row := range rows {
		c := s.cohort("id", row.text("cohortid"))
		c.Members = without(c.Members, row.number("userid"))
	}
	return nil, nil
}
