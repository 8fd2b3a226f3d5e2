// Package edfi posts attendance to an Ed-Fi ODS/API, as events of students in
// sections.
//
//	sink, err := edfi.New(edfi.Config{URL: "https://sis.example.edu/data/v3", ClientID: id, ClientSecret: secret})
//
// Whether somebody was there is part of an event's key: a day that becomes 0
// minutes, or is no longer, is deleted and posted anew. Events of other
// categories, such as a teacher's "Excused Absence", count as what the SIS has.
//
// # Keys
//
// An Ed-Fi section has five parts as its key. A section's key here is these,
// with [Config.Separator] between: local course code, school id, school year,
// section identifier, session name. A person's key is the studentUniqueId.
package edfi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/posting"
)

// Config says where the service is. URL, ClientID and ClientSecret are required.
type Config struct {
	URL          string // what ed-fi/… stands below: https://sis.example.edu/data/v3
	TokenURL     string // empty: /oauth/token on the same host
	ClientID     string
	ClientSecret string

	Separator string // between the parts of a section's key; empty: |
	Present   string // descriptor of who attended; empty: …#In Attendance
	Absent    string // of who did not; empty: …#Unexcused Absence

	Client *http.Client // nil: one with a timeout of a minute
	Watch  sis.Watch    // is told of each call, by its method, and of each for a "token"; nil: nobody is
}

// Sink is a [sis.Sink] that can be read. It may be used by several goroutines
// at once.
type Sink struct {
	cfg Config

	mu    sync.Mutex
	token string
	until time.Time
}

var (
	_ sis.Sink             = (*Sink)(nil)
	_ sis.AttendanceReader = (*Sink)(nil)
)

const descriptor = "uri://ed-fi.org/AttendanceEventCategoryDescriptor#"

// New returns a sink. Its error says which setting is wrong; nothing is called
// yet.
func New(c Config) (*Sink, error) {
	c.URL = strings.TrimRight(c.URL, "/")
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" {
		return nil, problem("CONFIG_INVALID", "The url of the Ed-Fi service is not a web address.")
	}
	c.TokenURL = cmp.Or(c.TokenURL, base.Scheme+"://"+base.Host+"/oauth/token")
	c.Separator = cmp.Or(c.Separator, "|")
	c.Present = cmp.Or(c.Present, descriptor+"In Attendance")
	c.Absent = cmp.Or(c.Absent, descriptor+"Unexcused Absence")
	if c.Client == nil {
		c.Client = &http.Client{Timeout: time.Minute}
	}
	return &Sink{cfg: c}, nil
}

func problem(code, message string) *sis.Error { return &sis.Error{Code: code, Message: message} }

const events = "/ed-fi/studentSectionAttendanceEvents"

// An event is one of the service's, as far as it matters here.
type event struct {
	ID       string  `json:"id,omitempty"`
	Category string  `json:"attendanceEventCategoryDescriptor"`
	Date     string  `json:"eventDate"`
	Minutes  *int    `json:"sectionAttendanceDuration,omitempty"`
	Section  section `json:"sectionReference"`
	Student  student `json:"studentReference"`
}

type section struct {
	Course  string `json:"localCourseCode"`
	School  int64  `json:"schoolId"`
	Year    int    `json:"schoolYear"`
	ID      string `json:"sectionIdentifier"`
	Session string `json:"sessionName"`
}

type student struct {
	ID string `json:"studentUniqueId"`
}

// event returns what is to be there for a day.
func (s *Sink) event(a sis.Attendance) (event, error) {
	parts := strings.Split(a.Section, s.cfg.Separator)
	if len(parts) != 5 {
		return event{}, problem("REF_SECTION", "The section's key does not have the five parts of an Ed-Fi section.")
	}
	school, bad := strconv.ParseInt(parts[1], 10, 64)
	year, badToo := strconv.Atoi(parts[2])
	if bad != nil || badToo != nil {
		return event{}, problem("REF_SECTION", "The second and third parts of the section's key must be numbers: the school's id and the school year.")
	}
	e := event{
		Category: s.cfg.Present, Date: a.Day.String(), Minutes: &a.Minutes,
		Section: section{parts[0], school, year, parts[3], parts[4]}, Student: student{a.Person},
	}
	if a.Minutes == 0 {
		e.Category = s.cfg.Absent
	}
	return e, nil
}

// Check implements [sis.Sink]: the service tells one event, or none.
func (s *Sink) Check(ctx context.Context) error {
	var some []event
	return s.call(ctx, http.MethodGet, events+"?limit=1", nil, &some)
}

// Post implements [sis.Sink], a day at a time. After an outage the days that
// are left are not tried.
func (s *Sink) Post(ctx context.Context, days []sis.Attendance) ([]sis.Written, error) {
	written := make([]sis.Written, len(days))
	for i, a := range days {
		id, err := s.post(ctx, a)
		written[i] = sis.Written{ID: id, Err: err}
		if down(err) {
			left := &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The Ed-Fi service broke off", Temporary: true, Err: err}
			posting.Fail(written[i+1:], left)
			return written, left
		}
	}
	return written, nil
}

// down reports whether the service as a whole is to blame.
func down(err error) bool {
	said, ok := errors.AsType[*sis.Error](err)
	return err != nil && (!ok || said.Temporary || said.Code == "TGT_AUTH" || said.Code == "TGT_CAPABILITY" || said.Code == "CONFIG_INVALID")
}

func (s *Sink) post(ctx context.Context, a sis.Attendance) (string, error) {
	want, err := s.event(a)
	if err != nil {
		return "", err
	}
	there, err := s.find(ctx, want)
	if err != nil {
		return "", err
	}
	if len(there) > 0 && !a.Correct {
		return "", problem("ATT_EXISTS", "The SIS has attendance of this day already.")
	}
	for _, e := range there {
		if e.Category == want.Category {
			continue // is replaced
		}
		if err := s.call(ctx, http.MethodDelete, events+"/"+url.PathEscape(e.ID), nil, nil); err != nil {
			return "", err
		}
	}
	return a.ID, s.call(ctx, http.MethodPost, events, want, nil)
}

// find returns the events of the same section, student and day.
func (s *Sink) find(ctx context.Context, e event) ([]event, error) {
	q := url.Values{
		"localCourseCode": {e.Section.Course}, "schoolId": {strconv.FormatInt(e.Section.School, 10)}, "schoolYear": {strconv.Itoa(e.Section.Year)},
		"sectionIdentifier": {e.Section.ID}, "sessionName": {e.Section.Session}, "studentUniqueId": {e.Student.ID}, "eventDate": {e.Date},
	}
	var found []event
	err := s.call(ctx, http.MethodGet, events+"?"+q.Encode(), nil, &found)
	if said, ok := errors.AsType[*sis.Error](err); ok && said.Code == "ATT_UNKNOWN" { // nothing was asked to change
		return nil, &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The Ed-Fi service does not answer", Temporary: true, Err: said.Err}
	}
	return found, err
}

// Attendance implements [sis.AttendanceReader].
func (s *Sink) Attendance(ctx context.Context, days []sis.Attendance) ([]sis.Attendance, error) {
	var found []sis.Attendance
	for _, a := range days {
		want, err := s.event(a)
		if err != nil {
			continue // there cannot be any
		}
		there, err := s.find(ctx, want)
		if err != nil {
			return nil, err
		}
		for _, e := range there {
			a.Minutes = s.minutes(e)
			found = append(found, a)
		}
	}
	return found, nil
}

// minutes are what an event says. Who was not there has none.
func (s *Sink) minutes(e event) int {
	if e.Minutes == nil || e.Category == s.cfg.Absent {
		return 0
	}
	return *e.Minutes
}

const mostAnswer = 16 << 20 // bytes

// call calls the service, a second time if the token is refused, and reads the
// answer into what, if it is not nil.
func (s *Sink) call(ctx context.Context, method, path string, body, what any) (err error) {
	ended := s.cfg.Watch.Begin(ctx, method+" studentSectionAttendanceEvents")
	defer func() { ended(err) }()
	for try := range 2 {
		token, err := s.authorize(ctx, try > 0)
		if err != nil {
			return err
		}
		response, err := s.send(ctx, method, s.cfg.URL+path, token, body)
		if err != nil {
			return err
		}
		if response.StatusCode == http.StatusUnauthorized && try == 0 {
			response.Body.Close()
			continue
		}
		return read(ctx, method, response, what)
	}
	return posting.Refused(http.StatusUnauthorized)
}

func (s *Sink) send(ctx context.Context, method, address, token string, body any) (*http.Response, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return nil, problem("CONFIG_INVALID", "The url of the Ed-Fi service is not a web address")
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.cfg.Client.Do(request)
	if err != nil {
		return nil, posting.Unanswered(ctx, err)
	}
	return response, nil
}

func read(ctx context.Context, method string, response *http.Response, what any) error {
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound && method == http.MethodDelete:
		return nil // it is gone already
	case response.StatusCode/100 != 2:
		return posting.Refused(response.StatusCode)
	case what == nil:
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostAnswer)).Decode(what); err != nil {
		return posting.Unanswered(ctx, err)
	}
	return nil
}

// authorize returns a token that is good for a minute at least, as far as one
// can know: a new one if the old one was refused.
func (s *Sink) authorize(ctx context.Context, refused bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !refused && s.token != "" && time.Now().Before(s.until) {
		return s.token, nil
	}
	if err := s.renew(ctx); err != nil {
		return "", err
	}
	return s.token, nil
}

// renew fetches a token.
func (s *Sink) renew(ctx context.Context) (err error) {
	ended := s.cfg.Watch.Begin(ctx, "token")
	defer func() { ended(err) }()
	form := url.Values{"grant_type": {"client_credentials"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return problem("CONFIG_INVALID", "The token url of the Ed-Fi service is not a web address")
	}
	request.SetBasicAuth(url.QueryEscape(s.cfg.ClientID), url.QueryEscape(s.cfg.ClientSecret))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.cfg.Client.Do(request)
	if err != nil {
		return notYet(err)
	}
	var grant struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"` // seconds
	}
	if err := read(ctx, http.MethodPost, response, &grant); err != nil {
		return notYet(err)
	}
	s.token, s.until = grant.Token, time.Now().Add(time.Duration(grant.Expires)*time.Second-time.Minute)
	return nil
}

// notYet is the error of a token that did not come: nothing was posted with it.
func notYet(err error) error {
	if said, ok := errors.AsType[*sis.Error](err); ok && said.Code != "ATT_UNKNOWN" {
		return &sis.Error{Code: "TGT_AUTH", Message: "The Ed-Fi service gives no token for these credentials", Err: err}
	}
	return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The token server of the Ed-Fi service does not answer", Temporary: true, Err: err}
}
