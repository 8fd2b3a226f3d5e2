package story_test

import (
	"errors"
	"net/http"
	"slices"

	"github.com/chromedp/chromedp"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// peopleCome: rita uses the link of the first start, and lets paul and vera in.
func peopleCome(h *house, visit func() visitor) {
	var link string
	h.eventually("the link of the first superadmin", func() bool {
		link = h.said.find(`http://\S+/setup/\S+`)
		return link != ""
	})
	rita := visit()
	rita.setUp(link, "rita", true)
	if status := h.ask("GET", link[len(h.url):], nil); status < 400 {
		h.Errorf("the link of the first start answers %d a second time", status)
	}
	rita.logIn("rita")
	h.token["rita"] = rita.makeToken()
	for name, title := range map[string]string{"north": "North Campus", "south": "South Campus"} {
		_, err := h.as("rita").CreateClient(h.Context(), name, title)
		h.must(err)
	}

	toPaul := rita.invite("paul", "Paul Power", "power-user", "")
	toVera := rita.invite("vera", "Vera View", "viewer", "north")
	paul := visit()
	paul.setUp(toPaul, "paul", false)
	paul.logIn("paul")
	h.token["paul"] = paul.makeToken()
	vera := visit()
	vera.setUp(toVera, "vera", false)
	vera.logIn("vera")
	h.token["vera"] = vera.makeToken()

	rita.to("/access")
	rita.reads("Paul Power", "power-user", "Vera View", "viewer of north", "3 people")
}

// invite adds a person with a role over a client, and returns their link.
func (v visitor) invite(name, title, role, organisation string) (link string) {
	v.Helper()
	v.to("/access/new")
	v.fill("#name", name, "#title", title, "#email", name+"@example.edu")
	v.choose("#role0", role)
	v.choose("select[name=client]", organisation)
	v.press("form.sheet button.main")
	v.Do(chromedp.WaitVisible("p.what.mono"))
	return v.Text(`document.querySelector("p.what.mono").textContent`)
}

// everybodySeesTheirs: rita sees all jobs, paul his own, vera those of north,
// on the pages and by the API.
func everybodySeesTheirs(h *house, visit func() visitor) {
	ritas := h.report("rita", "south", "astronomy")
	pauls := h.report("paul", "north", "botany")
	defer h.desk.finish("astronomy")
	defer h.desk.finish("botany")
	for person, want := range map[string][]string{
		"rita": {ritas.ID, pauls.ID},
		"paul": {pauls.ID},
		"vera": {pauls.ID},
	} {
		v := visit()
		v.logIn(person)
		cookie := v.cookie()
		for _, id := range []string{ritas.ID, pauls.ID} {
			sees := slices.Contains(want, id)
			if sees {
				v.Do(chromedp.WaitVisible(row(id)))
			} else {
				v.Until(`!document.querySelector('` + row(id) + `')`)
			}
			if status := h.ask("GET", "/jobs/"+id, cookie); (status == http.StatusOK) != sees {
				h.Errorf("the page of %s answers %s with %d", id, person, status)
			}
			h.seesByAPI(person, id, sees)
		}
		aborts := v.Text(`String(document.querySelectorAll("tbody .abort").length)`)
		if wanted := map[string]string{"rita": "2", "paul": "1", "vera": "0"}[person]; aborts != wanted {
			h.Errorf("%s is offered to abort %s jobs, want %s", person, aborts, wanted)
		}
	}
	h.refuses(http.MethodPost, "/jobs/"+ritas.ID+"/abort", "paul", "vera")
	h.refuses(http.MethodPost, "/jobs/"+pauls.ID+"/abort", "vera")
	h.refuses(http.MethodGet, "/jobs/"+ritas.ID+"/errors?format=csv", "paul", "vera")
	h.refuses(http.MethodGet, "/jobs/"+ritas.ID+"/logs", "paul", "vera")
	h.refuses(http.MethodGet, "/people", "paul", "vera")
	h.refuses(http.MethodGet, "/audit", "paul", "vera")
	h.refuses(http.MethodPost, "/queues/worker/pause", "paul", "vera")
	for _, id := range []string{ritas.ID, pauls.ID} {
		h.stands(id, "running")
	}
}

// seesByAPI checks whether a person sees a job with a token.
func (h *house) seesByAPI(person, id string, want bool) {
	h.Helper()
	_, err := h.as(person).Job(h.Context(), id)
	if want != (err == nil) || !want && statusOf(err) != http.StatusNotFound {
		h.Errorf("the API shows %s to %s: %v", id, person, err)
	}
	list, err := h.as(person).Jobs(h.Context(), client.Filter{})
	h.must(err)
	if listed := slices.ContainsFunc(list.Jobs, func(j client.Job) bool { return j.ID == id }); listed != want {
		h.Errorf("the API lists %s to %s: %t", id, person, listed)
	}
}

// statusOf returns what the server has answered.
func statusOf(err error) int {
	if refusal, ok := errors.AsType[*client.Error](err); ok {
		return refusal.Status
	}
	return 0
}

// refuses checks that a route of the API refuses these people.
func (h *house) refuses(method, path string, people ...string) {
	h.Helper()
	for _, person := range people {
		status := h.ask(method, "/api/v1"+path, http.Header{"Authorization": {"Bearer " + h.token[person]}})
		if status != http.StatusForbidden && status != http.StatusNotFound {
			h.Errorf("%s %s answers %s with %d", method, path, person, status)
		}
	}
}
