package web

import "net/http"

type keysPage struct {
	frame
	Keys []key
}

// A key is what a key does where scripts run.
type key struct{ Key, Does string }

// keyboard is what static/keys.js does.
var keyboard = []key{
	{"/", "Go to the filter"},
	{"j", "Next row"},
	{"k", "Row before"},
	{"Enter", "Open the row"},
	{"x", "Abort the job; asks first"},
	{"?", "Show these keys"},
	{"Esc", "Close what asks"},
}

// keys serves GET /keys.
func (s *server) keys(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r.Context(), "Keys", "keys")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "keys", keysPage{f, keyboard})
}
