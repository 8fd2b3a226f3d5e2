package moodlesim

import (
	"fmt"
	"slices"
	"strconv"
)

// A Group is a group of people in a course.
type Group struct {
	ID       int    `json:"id"`
	Course   int    `json:"courseid"`
	Name     string `json:"name"`
	Idnumber string `json:"idnumber,omitempty"`
	Members  []int  `json:"members"`
}

// AddGroup stores a group, unchecked, and returns it with its id.
func (s *Site) AddGroup(g Group) Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.putGroup(g)
}

// JoinGroup puts people into a group, unchecked.
func (s *Site) JoinGroup(group int, people ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group(group)
	g.Members = append(g.Members, people...)
}

func (s *Site) putGroup(g Group) *Group {
	if g.ID == 0 {
		for _, other := range s.groups {
			g.ID = max(g.ID, other.ID)
		}
		g.ID++
	}
	s.groups = append(s.groups, &g)
	return &g
}

func (s *Site) group(id int) *Group {
	for _, g := range s.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// createGroups makes all groups or none.
func (s *Site) createGroups(args *array) (any, error) {
	var made []Group
	for _, row := range args.rows("groups") {
		g := Group{Course: row.number("courseid"), Name: row.text("name"), Idnumber: row.text("idnumber")}
		if err := s.refuseGroup(g, made); err != nil {
			return nil, err
		}
		made = append(made, g)
	}
	answer := []object{}
	for _, g := range made {
		answer = append(answer, s.putGroup(g).describe(""))
	}
	return answer, nil
}

func (s *Site) refuseGroup(g Group, before []Group) error {
	taken := func(test func(Group) bool) bool {
		for _, other := range s.groups {
			if other.Course == g.Course && test(*other) {
				return true
			}
		}
		return slices.ContainsFunc(before, func(other Group) bool { return other.Course == g.Course && test(other) })
	}
	switch {
	case s.courses[g.Course] == nil:
		return refuse("errorcoursecontextnotvalid", fmt.Sprintf("You cannot execute functions in the course context "+
			"(course id:%d). The context error message was: Invalid parameter value detected", g.Course))
	case blank(g.Name):
		return errParameter.because("Invalid group name")
	case taken(func(other Group) bool { return other.Name == g.Name }):
		return errParameter.because("Group with the same name already exists in the course")
	case g.Idnumber != "" && taken(func(other Group) bool { return other.Idnumber == g.Idnumber }):
		return refuse("idnumbertaken", "This ID number is already taken")
	default:
		return nil
	}
}

// describe tells of a group; its key for those who want to enter by themselves
// is empty when it has just been made, and nothing later.
func (g *Group) describe(key any) object {
	return object{
		{"id", g.ID},
		{"courseid", g.Course},
		{"name", g.Name},
		{"description", ""},
		{"descriptionformat", 1},
		{"enrolmentkey", key},
		{"idnumber", g.Idnumber},
		{"visibility", 0},
		{"participation", true},
	}
}

func (s *Site) getCourseGroups(args *array) (any, error) {
	course := args.number("courseid")
	if s.courses[course] == nil {
		return nil, noRecord("course")
	}
	found := []object{}
	for _, g := range s.groups {
		if g.Course == course {
			found = append(found, g.describe(nil))
		}
	}
	return found, nil
}

func (s *Site) getGroupMembers(args *array) (any, error) {
	found := []object{}
	for _, text := range args.texts("groupids") {
		id, _ := strconv.Atoi(text)
		g := s.group(id)
		if g == nil {
			return nil, noRecord("groups")
		}
		found = append(found, object{{"groupid", id}, {"userids", slices.Sorted(slices.Values(g.Members))}})
	}
	return found, nil
}

// addGroupMembers adds all or none, and only those who are in the course.
func (s *Site) addGroupMembers(args *array) (any, error) {
	rows := args.rows("members")
	for _, row := range rows {
		g, user := s.group(row.number("groupid")), row.number("userid")
		switch {
		case g == nil:
			return nil, noRecord("groups")
		case s.users[user] == nil || s.users[user].Deleted:
			return nil, errUser
		case s.enrolments[place{g.Course, user}] == nil:
			return nil, errParameter.because("Only enrolled users may be members of groups")
		}
	}
	for _, row := range rows {
		g, user := s.group(row.number("groupid")), row.number("userid")
		if !slices.Contains(g.Members, user) {
			g.Members = append(g.Members, user)
		}
	}
	return nil, nil
}

func (s *Site) deleteGroupMembers(args *array) (any, error) {
	rows := args.rows("members")
	for _, row := range rows {
		switch {
		case s.group(row.number("groupid")) == nil:
			return nil, noRecord("groups")
		case s.users[row.number("userid")] == nil:
			return nil, errUser
		}
	}
	for _, row := range rows {
		g := s.group(row.number("groupid"))
		g.Members = without(g.Members, row.number("userid"))
	}
	return nil, nil
}
