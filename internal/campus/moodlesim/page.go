package moodlesim

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

// showPage shows people what the site holds.
func (s *Site) showPage(w http.ResponseWriter, _ *http.Request) {
	state := s.State()
	places := map[int]int{}
	for _, e := range state.Enrolments {
		places[e.Course]++
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	err := s.template.Execute(w, struct {
		State
		Places map[int]int
	}{state, places})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func parsePage() *template.Template { return template.Must(template.New("page").Parse(pageText)) }

// showState shows programs the same.
func (s *Site) showState(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	_ = encoder.Encode(s.State())
}
