package sisrest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// A Server is a simulated service. It is safe for concurrent use.
type Server struct {
	mux    *http.ServeMux
	faults Faults

	mu       sync.Mutex
	versions map[string]tables // by version
	answered int               // requests for rows
	pages    map[string]int    // by collection
	tokens   map[string]int    // good ones, and the answers that they were used for
	given    int
	log      []string
}

// New returns a service that holds a campus.
func New(data oneroster.Bundle, f Faults) *Server {
	s := &Server{mux: http.NewServeMux(), faults: f, pages: map[string]int{}, tokens: map[string]int{}}
	s.mux.HandleFunc("POST /token", s.giveToken)
	for version, d := range dialects {
		s.mux.HandleFunc("GET "+d.path+"{collection}", func(w http.ResponseWriter, r *http.Request) { s.serve(version, w, r) })
	}
	s.Replace(data)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

func (s *Server) now() time.Time { return time.Now().Add(s.faults.Skew) }

// Replace makes the server hold another campus from now on. What differs was
// changed now.
func (s *Server) Replace(data oneroster.Bundle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions, common := map[string]tables{}, commonTables(data)
	for version, d := range dialects {
		versions[version] = d.people(data.Persons)
		maps.Copy(versions[version], common)
		versions[version].dated(s.versions[version], s.now())
	}
	s.versions = versions
}

// Requests returns what was asked for, in order: "users?limit=100&offset=0".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Tokens returns how many tokens were given.
func (s *Server) Tokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given
}

func (s *Server) giveToken(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if s.faults.Refuse || id != ClientID || secret != strings.ReplaceAll(ClientSecret, " ", "+") || r.FormValue("grant_type") != "client_credentials" {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	if !strings.HasSuffix(r.FormValue("scope"), "/scope/roster-core.readonly") {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_scope"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given++
	token := fmt.Sprintf("token-%d", s.given)
	s.tokens[token] = 0
	answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
}

func (s *Server) serve(version string, w http.ResponseWriter, r *http.Request) {
	collection := r.PathValue("collection")
	if n, ok := s.answer(version, collection, w, r); ok && s.faults.AfterPage != nil {
		s.faults.AfterPage(collection, n)
	}
}

// answer answers one request, alone, and returns how many pages of the
// collection it has answered.
func (s *Server) answer(version, collection string, w http.ResponseWriter, r *http.Request) (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, collection+"?"+r.URL.RawQuery)
	if !s.admits(r) {
		refuse(w, http.StatusUnauthorized, "unauthorisedrequest")
		return 0, false
	}
	s.answered++
	if s.trips(w) {
		return 0, false
	}
	rows, there := s.versions[version][collection]
	if !there || slices.Contains(s.faults.Lacks, collection) {
		refuse(w, http.StatusNotFound, "unknownobject")
		return 0, false
	}
	q, refusal := s.understand(r)
	if refusal != "" {
		refuse(w, http.StatusBadRequest, refusal)
		return 0, false
	}
	s.send(w, collection, q.filter(rows), q)
	s.pages[collection]++
	return s.pages[collection], true
}

// admits reports whether the token is good, and wears it out.
func (s *Server) admits(r *http.Request) bool {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	used, ok := s.tokens[token]
	if !ok || s.faults.TokenLife > 0 && used >= s.faults.TokenLife {
		return false
	}
	s.tokens[token]++
	return true
}

// A query is what is asked for of a collection.
type query struct {
	limit, offset int
	after         time.Time // changed after it
}

func (s *Server) understand(r *http.Request) (q query, refusal string) {
	q.limit = min(number(r.FormValue("limit"), 100), or(s.faults.Pages, 500))
	q.offset = number(r.FormValue("offset"), 0)
	if sort := r.FormValue("sort"); sort != "" && (s.faults.NoSort || sort != "sourcedId") {
		return q, "invalid_sort_field"
	}
	filter := r.FormValue("filter")
	if filter == "" {
		return q, ""
	}
	text, ok := strings.CutPrefix(filter, "dateLastModified>'")
	after, err := time.Parse(time.RFC3339, strings.TrimSuffix(text, "'"))
	if s.faults.NoFilter || !ok || err != nil {
		return q, "invalid_filter_field"
	}
	q.after = after
	return q, ""
}

func (q query) filter(rows []row) []row {
	if q.after.IsZero() {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !r.modified.After(q.after) })
}

// send writes a page.
func (s *Server) send(w http.ResponseWriter, collection string, rows []row, q query) {
	if s.faults.Totals {
		w.Header().Set("X-Total-Count", strconv.Itoa(len(rows)+s.faults.Excess))
	}
	from := min(q.offset, len(rows))
	var page bytes.Buffer
	fmt.Fprintf(&page, `{%q:[`, collection)
	for i, r := range rows[from:min(from+q.limit, len(rows))] {
		if i > 0 {
			page.WriteByte(',')
		}
		r.write(&page, r.id == s.faults.Spoiled)
	}
	page.WriteString("]}")
	text := page.Bytes()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if due(s.answered, s.faults.CutEvery) {
		text = text[:len(text)/2]
	}
	_, _ = w.Write(text) // the client may have gone
}

func answer(w http.ResponseWriter, status int, said any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(said) // the client may have gone
}

// refuse answers as the specification has it.
func refuse(w http.ResponseWriter, status int, minor string) {
	answer(w, status, map[string]any{
		"imsx_codeMajor": "failure", "imsx_severity": "error",
		"imsx_CodeMinor": map[string]any{"imsx_codeMinorField": []any{
			map[string]any{"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor},
		}},
	})
}

func number(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

func or(n, otherwise int) int { return cmp.Or(n, otherwise) }

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
