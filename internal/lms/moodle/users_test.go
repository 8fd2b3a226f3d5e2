package moodle_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestCreatesAccounts(t *testing.T) {
	c := newCampus(t)
	written, err := c.CreateUsers(t.Context(), people(120))
	wantCodes(t, written, err, map[int]string{})

	found, err := c.Target.Users(t.Context(), sis.UserByKey, []string{"K7", "nobody", "", "k8"})
	if err != nil {
		t.Fatal(err)
	}
	want := []sis.User{{ID: written[7].ID, Key: "K7", Username: "u7", Email: "u7@example.edu", Given: "Given", Family: "Family 7"}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("accounts with key K7 (-want +got):\n%s", diff)
	}
	if calls := c.WriteCalls()["core_user_create_users"]; calls != 3 || len(c.Site.Users()) != 120 {
		t.Errorf("%d accounts in %d calls, want 120 in 3", len(c.Site.Users()), calls)
	}
}

func TestCreatesSuspendedAccounts(t *testing.T) {
	c := newCampus(t)
	users := people(3)
	users[1].Suspended = true
	written, err := c.CreateUsers(t.Context(), users)
	wantCodes(t, written, err, map[int]string{})
	for i, u := range c.Site.Users() {
		if u.Suspended != users[i].Suspended {
			t.Errorf("account %d: suspended = %v, want %v", i, u.Suspended, users[i].Suspended)
		}
	}
}

func TestFindsTheBadRowsOfABatchAndHurtsNobodyElse(t *testing.T) {
	c := newCampus(t)
	c.AddUser(moodlesim.User{Username: "u7", Email: "else@example.edu", Idnumber: "other"})
	c.AddUser(moodlesim.User{Username: "else", Email: "U19@Example.edu", Idnumber: "another"})
	mine := c.AddUser(moodlesim.User{Username: "u20", Email: "u20@example.edu", Idnumber: "K20"})
	users := people(100)
	users[3].Email = ""
	users[4].Email = "nobody at all"
	users[5].Username = "has blank"
	users[6].Family = " "
	users[8].Given = strings.Repeat("x", 101)
	users[30].Email = users[29].Email
	users[31].Given = "<script>"

	written, err := c.CreateUsers(t.Context(), users)

	wantCodes(t, written, err, map[int]string{
		3: "EMAIL_INVALID", 4: "EMAIL_INVALID", 5: "USERNAME_INVALID", 6: "REQ_FIELD_MISSING", 7: "USERNAME_TAKEN", 8: "TOO_LONG",
		19: "EMAIL_DUPLICATE", 30: "EMAIL_DUPLICATE", 31: "TGT_REFUSED",
	})
	if got := written[20].ID; got != strconv.Itoa(mine.ID) {
		t.Errorf("account with the key K20 = %s, want the one that was there, %d", got, mine.ID)
	}
	if got := len(c.Site.Users()); got != 3+100-10 {
		t.Errorf("%d accounts, want %d", got, 3+100-10)
	}
}

func TestCreatesNobodyTwiceWhenAnswersGetLost(t *testing.T) {
	for name, faults := range map[string]moodlesim.Faults{
		"every answer":           {CutEvery: 1},
		"every second answer":    {CutEvery: 2},
		"busy now and then":      {BusyEvery: 3},
		"collisions":             {CollideEvery: 2},
		"everything at the time": {CutEvery: 3, BusyEvery: 5, CollideEvery: 4},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCampus(t)
			c.SetFaults(faults)
			written, err := c.CreateUsers(t.Context(), people(220))
			wantCodes(t, written, err, map[int]string{})
			for i, u := range c.Site.Users() {
				if strconv.Itoa(u.ID) != written[i].ID || u.Idnumber != "K"+strconv.Itoa(i) {
					t.Fatalf("account %d = %+v, want id %s and key K%d", i, u, written[i].ID, i)
				}
			}
			if got := len(c.Site.Users()); got != 220 {
				t.Errorf("%d accounts, want 220", got)
			}
		})
	}
}

func TestCreatingAgainChangesNothing(t *testing.T) {
	c := newCampus(t)
	first, err := c.CreateUsers(t.Context(), people(60))
	wantCodes(t, first, err, map[int]string{})
	second, err := c.CreateUsers(t.Context(), people(60))
	wantCodes(t, second, err, map[int]string{})
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
}

func TestSendsAgainWhatPHPCutOff(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{Token: secret, MaxInputVars: 100}) // 14 accounts, and not the 50 of a batch
	c := campus{site, target(t, site, moodle.Config{Token: secret})}
	written, err := c.CreateUsers(t.Context(), people(50))
	wantCodes(t, written, err, map[int]string{})
	if got := len(site.Users()); got != 50 {
		t.Errorf("%d accounts, want 50", got)
	}
}

func TestStaysBelowMaxInputVars(t *testing.T) {
	most := 0
	site := moodlesim.New(moodlesim.Options{Token: secret})
	count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		most = max(most, len(r.PostForm))
		r.Body = http.NoBody
		r.URL.RawQuery = r.PostForm.Encode()
		site.ServeHTTP(w, r)
	})
	m := target(t, count, moodle.Config{Token: secret, Batch: 5000})
	written, err := m.CreateUsers(t.Context(), people(300))
	wantCodes(t, written, err, map[int]string{})
	if most >= 1000 || most < 900 {
		t.Errorf("largest call has %d variables, want close below 1000", most)
	}
}

func TestMakesAccountsThatLogInElsewhere(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{Token: secret})
	m := target(t, site, moodle.Config{Token: secret, Auth: "oauth2"})
	written, err := m.CreateUsers(t.Context(), people(1))
	wantCodes(t, written, err, map[int]string{})
	if got := site.Users()[0].Auth; got != "oauth2" {
		t.Errorf("auth = %q, want oauth2", got)
	}
}

func TestUpdatesWhatIsSetAndReportsRowByRow(t *testing.T) {
	c := newCampus(t)
	written, err := c.CreateUsers(t.Context(), people(10))
	wantCodes(t, written, err, map[int]string{})
	gone := c.AddUser(moodlesim.User{Username: "gone", Email: "gone@example.edu"})
	c.DeleteUser(gone.ID)
	id := func(i int) string { return written[i].ID }
	changes := []sis.User{
		{ID: id(0), Family: "New", Key: "K0"},
		{ID: id(1), Suspended: true},
		{ID: id(2), Email: "U3@example.edu"},
		{ID: id(3), Username: "u4"},
		{ID: "99999", Family: "X"},
		{ID: "abc", Family: "X"},
		{ID: strconv.Itoa(gone.ID), Family: "X"},
		{ID: "2", Family: "X"},
		{ID: id(4), Given: "<b>"},
		{ID: id(5), Family: "Last"},
	}

	updated, err := c.UpdateUsers(t.Context(), changes)

	wantCodes(t, updated, err, map[int]string{
		2: "EMAIL_DUPLICATE", 3: "USERNAME_TAKEN", 4: "USER_GONE", 5: "USER_GONE", 6: "USER_GONE", 7: "USER_PROTECTED", 8: "TGT_REFUSED",
	})
	users := c.Site.Users()
	got := []string{users[0].Firstname, users[0].Lastname, users[5].Lastname, strconv.FormatBool(users[1].Suspended)}
	if diff := cmp.Diff([]string{"Given", "New", "Last", "true"}, got); diff != "" {
		t.Errorf("what is in Moodle (-want +got):\n%s", diff)
	}
}

func TestUpdatesSurviveLostAnswers(t *testing.T) {
	c := newCampus(t)
	written, err := c.CreateUsers(t.Context(), people(120))
	wantCodes(t, written, err, map[int]string{})
	c.SetFaults(moodlesim.Faults{CutEvery: 2, BusyEvery: 5})
	var changes []sis.User
	for _, w := range written {
		changes = append(changes, sis.User{ID: w.ID, Given: "Renamed"})
	}
	updated, err := c.UpdateUsers(t.Context(), changes)
	wantCodes(t, updated, err, map[int]string{})
	for _, u := range c.Site.Users() {
		if u.Firstname != "Renamed" {
			t.Fatalf("account %+v was not renamed", u)
		}
	}
}

func TestFindsAllAccountsThatShareAKey(t *testing.T) {
	c := newCampus(t)
	c.AddUser(moodlesim.User{Username: "a", Email: "a@example.edu", Idnumber: "K1"})
	c.AddUser(moodlesim.User{Username: "b", Email: "b@example.edu", Idnumber: "K1"})
	found, err := c.Target.Users(t.Context(), sis.UserByKey, []string{"K1", "K1"})
	if err != nil || len(found) != 2 {
		t.Errorf("found %d accounts (%v), want 2", len(found), err)
	}
}

func TestLooksUpByUsernameAndAddressWhateverTheCase(t *testing.T) {
	c := newCampus(t)
	c.AddUser(moodlesim.User{Username: "ann", Email: "Ann@Example.edu", Idnumber: "K1"})
	for by, values := range map[sis.UserField][]string{
		sis.UserByUsername: {"ANN", "has blank", "", "<b>"},
		sis.UserByEmail:    {"ann@example.EDU ", ""},
	} {
		found, err := c.Target.Users(t.Context(), by, values)
		keys := []string{}
		for _, u := range found {
			keys = append(keys, u.Key)
		}
		if err != nil || !slices.Equal(keys, []string{"K1"}) {
			t.Errorf("by %s: keys %v (%v), want K1", by, keys, err)
		}
	}
}
