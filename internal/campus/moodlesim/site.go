package moodlesim

import (
	"cmp"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The roles that the service user may assign, by their ids.
const (
	RoleEditingTeacher = 3
	RoleTeacher        = 4
	RoleStudent        = 5
)

var roleNames = map[int]string{RoleEditingTeacher: "editingteacher", RoleTeacher: "teacher", RoleStudent: "student"}

// Options are what a site is made with. The zero Options make an empty site
// with the token "demo".
type Options struct {
	Token        string // the service user's
	Password     string // the service user's, for which the token is handed out; empty: it is not
	Name         string // of the site
	URL          string // that the site believes to have
	MaxInputVars int    // PHP's; zero: 5000, which Moodle asks for
	Debugging    bool   // site debugging: refusals tell their cause
}

// A User is an account. The guest, the administrator and the service user,
// which every site has, are not among a site's users.
type User struct {
	ID          int    `json:"id"`
	Username    string `json:"username"`
	Firstname   string `json:"firstname"`
	Lastname    string `json:"lastname"`
	Email       string `json:"email"`
	Idnumber    string `json:"idnumber"`
	Auth        string `json:"auth"`
	Suspended   bool   `json:"suspended"`
	Deleted     bool   `json:"deleted,omitempty"`
	Department  string `json:"department,omitempty"`
	Institution string `json:"institution,omitempty"`
	City        string `json:"city,omitempty"`
	Country     string `json:"country,omitempty"`
	Timezone    string `json:"timezone,omitempty"`
}

// A Course is a course. The front page, which Moodle counts as course 1, is
// not among a site's courses.
type Course struct {
	ID        int       `json:"id"`
	Shortname string    `json:"shortname"`
	Fullname  string    `json:"fullname"`
	Idnumber  string    `json:"idnumber"`
	Category  int       `json:"category"`
	Start     time.Time `json:"startdate,omitzero"`
	End       time.Time `json:"enddate,omitzero"`
	Hidden    bool      `json:"hidden,omitempty"`
	NoManual  bool      `json:"no_manual,omitempty"` // manual enrolment is not among its enrolment methods
	Places    int       `json:"places,omitempty"`    // a plug-in lets no more people in; zero: there is none
}

// A Category holds courses.
type Category struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Idnumber string `json:"idnumber,omitempty"`
	Parent   int    `json:"parent,omitempty"`
}

// An Enrolment is a user's place in a course.
type Enrolment struct {
	Course int       `json:"courseid"`
	User   int       `json:"userid"`
	Roles  []int     `json:"roles"`
	Status string    `json:"status"` // active or suspended
	Start  time.Time `json:"timestart,omitzero"`
	End    time.Time `json:"timeend,omitzero"`
}

// The states of an enrolment.
const (
	Active    = "active"
	Suspended = "suspended"
)

// A Site is a simulated Moodle. It may be used from several goroutines.
type Site struct {
	options   Options
	functions map[string]function
	pages     *http.ServeMux
	template  *template.Template

	mu         sync.Mutex
	users      map[int]*User
	courses    map[int]*Course
	categories []Category
	enrolments map[place]*Enrolment
	lastRank   int
	ranks      map[place]int // of the enrolments, in the order in which they were made
	groups     []*Group
	cohorts    []*Cohort
	messages   []Message
	activities []Activity
	done       map[doing]time.Time // activities that people have completed
	visits     map[place]time.Time // the last of each person to each course
	stays      map[int]stay
	reports    []Report
	usernames  index
	emails     index
	idnumbers  index
	calls      map[string]int // of functions, by name
	mode       Mode
	faults     Faults
	served     int // calls since the faults were set
	written    int // the same for functions that write
}

// A place is what identifies an enrolment.
type place struct{ course, user int }

// New returns a site with one empty category.
func New(o Options) *Site {
	o.Token = cmp.Or(o.Token, "demo")
	o.Name = cmp.Or(o.Name, "Simulated Moodle")
	o.URL = cmp.Or(o.URL, "http://moodle.example")
	o.MaxInputVars = cmp.Or(o.MaxInputVars, 5000)
	s := &Site{options: o, calls: map[string]int{}, functions: map[string]function{}, template: parsePage()}
	for _, f := range offered() {
		s.functions[f.name] = f
	}
	s.reset(nil)
	s.pages = s.routes()
	return s
}

// The accounts that every site has.
const (
	guestID   = 1
	adminID   = 2
	serviceID = 3

	serviceUser = "svc_sis"
)

func (s *Site) reset(categories []Category) {
	s.users, s.courses, s.enrolments = map[int]*User{}, map[int]*Course{}, map[place]*Enrolment{}
	s.ranks, s.done, s.visits, s.stays = map[place]int{}, map[doing]time.Time{}, map[place]time.Time{}, map[int]stay{}
	s.groups, s.cohorts, s.messages, s.activities, s.reports = nil, nil, nil, nil, nil
	s.usernames, s.emails, s.idnumbers = index{}, index{}, index{}
	if s.categories = categories; len(categories) == 0 {
		s.categories = []Category{{ID: 1, Name: "Category 1"}}
	}
	s.put(User{ID: guestID, Username: "guest", Firstname: "Guest user", Lastname: " ", Email: "root@localhost"})
	s.put(User{ID: adminID, Username: "admin", Firstname: "Admin", Lastname: "User", Email: "admin@example.invalid"})
	s.put(User{ID: serviceID, Username: serviceUser, Firstname: "SIS", Lastname: "Service", Email: "svc_sis@example.invalid"})
	s.courses[1] = &Course{ID: 1, Shortname: "sismoodle", Fullname: s.options.Name}
}

// An index finds accounts by a text, whatever its case, as the collation of
// Moodle's database does.
type index map[string][]int

func (x index) find(text string) []int { return x[strings.ToLower(text)] }

func (x index) add(text string, id int) {
	key := strings.ToLower(text)
	x[key] = append(x[key], id)
}

func (x index) remove(text string, id int) {
	key := strings.ToLower(text)
	x[key] = slices.DeleteFunc(slices.Clone(x[key]), func(other int) bool { return other == id })
}

// put stores an account, new or changed.
func (s *Site) put(u User) {
	u.Auth = cmp.Or(u.Auth, "manual")
	u.Timezone = cmp.Or(u.Timezone, "99")
	if old := s.users[u.ID]; old != nil {
		s.usernames.remove(old.Username, u.ID)
		s.emails.remove(old.Email, u.ID)
		s.idnumbers.remove(old.Idnumber, u.ID)
	}
	s.users[u.ID] = &u
	s.usernames.add(u.Username, u.ID)
	s.emails.add(u.Email, u.ID)
	s.idnumbers.add(u.Idnumber, u.ID)
}

// AddUser stores an account, unchecked, and returns it with its id.
func (s *Site) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID == 0 {
		u.ID = nextID(s.users)
	}
	s.put(u)
	return *s.users[u.ID]
}

// AddCategory stores a category and returns it with its id.
func (s *Site) AddCategory(c Category) Category {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putCategory(c)
}

func (s *Site) putCategory(c Category) Category {
	if c.ID == 0 {
		for _, other := range s.categories {
			c.ID = max(c.ID, other.ID)
		}
		c.ID++
	}
	s.categories = append(s.categories, c)
	return c
}

// AddCourse stores a course, unchecked, and returns it with its id. Without a
// category it goes into the first.
func (s *Site) AddCourse(c Course) Course {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.putCourse(c)
}

func (s *Site) putCourse(c Course) *Course {
	if c.ID == 0 {
		c.ID = nextID(s.courses)
	}
	c.Category = cmp.Or(c.Category, s.categories[0].ID)
	s.courses[c.ID] = &c
	return &c
}

func nextID[T any](rows map[int]T) int {
	last := 0
	for id := range rows {
		last = max(last, id)
	}
	return last + 1
}

// AddEnrolment stores an enrolment, unchecked.
func (s *Site) AddEnrolment(e Enrolment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putEnrolment(e)
}

func (s *Site) putEnrolment(e Enrolment) *Enrolment {
	at := place{e.Course, e.User}
	e.Status = cmp.Or(e.Status, Active)
	s.enrolments[at] = &e
	if s.ranks[at] == 0 {
		s.lastRank++
		s.ranks[at] = s.lastRank
	}
	return &e
}

// unenrol ends an enrolment, and with it the places in the course's groups.
func (s *Site) unenrol(at place) {
	delete(s.enrolments, at)
	delete(s.ranks, at)
	for _, g := range s.groups {
		if g.Course == at.course {
			g.Members = without(g.Members, at.user)
		}
	}
}

// DeleteUser deletes an account as Moodle does: the row stays, its name and
// address become unrecognisable, its key is free again.
func (s *Site) DeleteUser(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteUser(id)
}

func (s *Site) deleteUser(id int) {
	u := *s.users[id]
	u.Username, u.Email = deletedNames(u, time.Now())
	u.Idnumber, u.Deleted = "", true
	s.put(u)
	for at := range s.enrolments {
		if at.user == id {
			s.unenrol(at)
		}
	}
	for _, c := range s.cohorts {
		c.Members = without(c.Members, id)
	}
}

// DeleteCourse deletes a course with its groups and the enrolments in it.
func (s *Site) DeleteCourse(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.courses, id)
	for at := range s.enrolments {
		if at.course == id {
			s.unenrol(at)
		}
	}
	s.groups = slices.DeleteFunc(s.groups, func(g *Group) bool { return g.Course == id })
}

func without(ids []int, id int) []int {
	return slices.DeleteFunc(ids, func(other int) bool { return other == id })
}

// Users returns the accounts in the order of their ids.
func (s *Site) Users() []User { return s.State().Users }

// Courses returns the courses in the order of their ids.
func (s *Site) Courses() []Course { return s.State().Courses }

// Enrolments returns the enrolments in the order of their courses and users.
func (s *Site) Enrolments() []Enrolment { return s.State().Enrolments }

// WriteCalls returns how often each function that writes was called,
// refused calls included.
func (s *Site) WriteCalls() map[string]int { return s.State().WriteCalls }

// Calls returns how often each function was called, refused calls included.
func (s *Site) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// ResetCounts begins the counts of calls anew.
func (s *Site) ResetCounts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
}
