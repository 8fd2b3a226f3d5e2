package sisrest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

var campus = oneroster.Bundle{
	Persons: []sis.Person{
		{Key: "p2", Username: "sam", Given: "Sam", Family: "Okafor", Roles: []sis.Role{sis.Student, sis.Teacher}, Enabled: true},
		{Key: "p1", Username: "tess", Given: "Tess", Family: "Miller", Roles: []sis.Role{sis.Teacher}},
		{Key: "p3", Username: "gil", Given: "Gil", Family: "Watts"},
	},
}

func TestSaysRolesAsEachVersionDoes(t *testing.T) {
	service := sisrest.New(campus, sisrest.Faults{})
	for address, want := range map[string]string{
		"/ims/oneroster/v1p1/users?limit=1&offset=1":           `"role":"student"`,
		"/ims/oneroster/rostering/v1p2/users?limit=1&offset=1": `"role":"teacher","roleType":"primary"`,
		"/ims/oneroster/v1p1/users?limit=1&offset=2":           `"role":"guardian"`,
		"/ims/oneroster/v1p1/students":                         `"sourcedId":"p2"`,
	} {
		if _, body := ask(t, service, address, token(t, service)); !strings.Contains(body, want) {
			t.Errorf("%s: %s, want %s in it", address, body, want)
		}
	}
}

func TestSendsWhatItIsWillingTo(t *testing.T) {
	service := sisrest.New(campus, sisrest.Faults{Pages: 2, Totals: true, Excess: 1})
	answer, body := ask(t, service, "/ims/oneroster/v1p1/users?limit=100", token(t, service))
	if diff := cmp.Diff([]string{"p1", "p2"}, ids(t, body)); diff != "" || answer.Header().Get("X-Total-Count") != "4" {
		t.Errorf("total %q, rows (-want +got):\n%s", answer.Header().Get("X-Total-Count"), diff)
	}
}

func TestOnlyWhatDiffersWasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := sisrest.New(campus, sisrest.Faults{})
		before := time.Now().UTC().Format(time.RFC3339)
		time.Sleep(time.Minute)
		married := campus
		married.Persons = append([]sis.Person{}, campus.Persons...)
		married.Persons[0].Family = "Miller"
		service.Replace(married)

		_, body := ask(t, service, "/ims/oneroster/v1p1/users?filter="+url.QueryEscape("dateLastModified>'"+before+"'"), token(t, service))
		if diff := cmp.Diff([]string{"p2"}, ids(t, body)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

func TestTroubleIsMadeOnPurpose(t *testing.T) {
	for name, test := range map[string]struct {
		faults   sisrest.Faults
		statuses []int
	}{
		"busy each second time":    {sisrest.Faults{BusyEvery: 2, RetryAfter: time.Minute}, []int{200, 429, 200}},
		"down for good":            {sisrest.Faults{BusyEvery: 1, BusyStatus: 503}, []int{503, 503}},
		"a token for two answers":  {sisrest.Faults{TokenLife: 2}, []int{200, 200, 401}},
		"rights to something else": {sisrest.Faults{Forbid: true}, []int{403}},
		"no such collection":       {sisrest.Faults{Lacks: []string{"users"}}, []int{404}},
	} {
		t.Run(name, func(t *testing.T) {
			service := sisrest.New(campus, test.faults)
			pass := token(t, service)
			for i, want := range test.statuses {
				if answer, _ := ask(t, service, "/ims/oneroster/v1p1/users", pass); answer.Code != want {
					t.Errorf("answer %d: %d, want %d", i+1, answer.Code, want)
				}
			}
		})
	}
}

func token(t *testing.T, service http.Handler) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly"}}
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(sisrest.ClientID), url.QueryEscape(sisrest.ClientSecret))
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Token == "" {
		t.Fatalf("no token: %d %s", w.Code, w.Body)
	}
	return got.Token
}

func ask(t *testing.T, service http.Handler, address, pass string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	r.Header.Set("Authorization", "Bearer "+pass)
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return w, w.Body.String()
}

func ids(t *testing.T, body string) (all []string) {
	t.Helper()
	var page struct {
		Users []struct {
			ID string `json:"sourcedId"`
		} `json:"users"`
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatal(err)
	}
	for _, u := range page.Users {
		all = append(all, u.ID)
	}
	return all
}
