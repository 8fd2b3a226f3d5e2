package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

//go:embed templates static
var files embed.FS

// pages are the parsed templates, each with the layout, by name.
type pages map[string]*template.Template

// A frame is what surrounds every page.
type frame struct {
	Title     string
	Rail      string // the entry of the rail that is lit; empty: there is no rail
	Running   int64  // jobs
	Demo      bool
	Version   string
	Behind    string // how far the lists are behind; empty: they are not
	Unsafe    []string
	SignedIn  string // whose session can be ended here; empty: nobody logged in
	Previewer string // the superadmin who sees this as SignedIn would; empty: nobody does
	Me        string // who looks at the page, where there are people
	Admin     bool   // who administers people
	Tells     bool   // people are told of jobs
	HasPlans  bool   // there are pages of plans
	Plans     int64  // that wait for people
	who       auth.Who
	counts    map[job.State]int64 // of all jobs that may be seen
}

// Allows reports whether whoever looks meets a need, so that a page offers nothing
// that is refused.
func (f frame) Allows(need auth.Need) bool { return need.Met(f.who) }

// Operates reports whether whoever looks may change schedules of a client and a
// task.
func (f frame) Operates(client, task string) bool { return f.who.May(auth.Operate, client, task) }

// A link leads somewhere.
type link struct{ Text, URL string }

// frame returns the surroundings of a page, with the count of running jobs.
func (s *server) frame(ctx context.Context, title, rail string) (frame, error) {
	counts, err := s.Jobs.Counts(ctx, "")
	if err != nil {
		return frame{}, fmt.Errorf("count jobs: %w", err)
	}
	f := s.quietFrame(title)
	f.Rail, f.who = rail, auth.Of(ctx)
	f.counts, f.Running = counts, counts[job.Running]
	f.Tells = s.Notices != nil
	f.HasPlans = s.Plans != nil
	if f.Plans, err = s.heldPlans(ctx); err != nil {
		return frame{}, err
	}
	f.Unsafe = s.Unsafe()
	if who := auth.Of(ctx); who.Session != "" {
		f.SignedIn, f.Previewer = who.Name, who.By
	}
	if who := auth.Of(ctx); s.People != nil {
		f.Me, f.Admin = who.Name, who.Everywhere(auth.Administer)
	}
	if lag := s.Lag(); lag > 2*time.Second {
		f.Behind = duration(lag)
	}
	return f, nil
}

// quietFrame is a frame that asks nobody anything.
func (s *server) quietFrame(title string) frame {
	return frame{Title: title, Demo: s.Demo, Version: s.Version}
}

// parse reads every page in templates together with the layout and the icons.
func (s *server) parse() (pages, error) {
	layout, err := template.New("layout").Funcs(s.funcs()).ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/icons.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout: %w", err)
	}
	all := pages{}
	for _, name := range pageNames() {
		page, err := layout.Clone()
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		if all[name], err = page.ParseFS(files, "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return all, nil
}

// pageNames are the templates that are pages.
func pageNames() (names []string) {
	found, _ := fs.Glob(files, "templates/*.html") // the pattern is well formed
	for _, file := range found {
		switch name := strings.TrimSuffix(path.Base(file), ".html"); name {
		case "layout", "parts", "icons":
		default:
			names = append(names, name)
		}
	}
	return names
}

func (s *server) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":  s.assets.url,
		"number": number,
		"count":  func(n int) string { return number(int64(n)) },
		"stamp":  s.stamp,
		"ago":    s.ago,
		"clock":  s.clock,
		"icon":   icon,
		"title":  headline,
		"state":  chipOf,
		"stands": chipOfJob,
		"tip":    tip,
		"job":    jobPath,
		"plan":   schedulePath,
		"repair": recoveryPath,
		"leave":  calendarPath,
		"worker": workerPath,
		"queue":  queuePath,
		"layer":  chipOfLayer,

		"capital":   capital,
		"exclusion": writeExclusion,
		"would":     wouldSay,
		"shell":     shell,
	}
}

// liveHeader is set by static/live.js when it wants only what changes.
const liveHeader = "Beadle-Live"

// render writes a whole page or nothing: a template that fails half way must
// not leave half a page.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	part := "layout"
	if r.Header.Get(liveHeader) != "" && status == http.StatusOK {
		part = "changes"
	}
	w.Header().Set("Vary", liveHeader)
	return s.renderPart(w, status, name, part, data)
}

// renderPart writes one template of a page, or nothing.
func (s *server) renderPart(w http.ResponseWriter, status int, name, part string, data any) error {
	var buf bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&buf, part, data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // whoever asked may have gone
	return nil
}

// assets serves the stylesheet and the script, and names them by their
// content, so that a browser may keep them for ever.
type assets struct {
	files   http.Handler
	version map[string]string
}

func loadAssets() (assets, error) {
	a := assets{http.FileServerFS(files), map[string]string{}}
	err := fs.WalkDir(files, "static", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(file)
		sum := sha256.Sum256(content)
		a.version["/"+file] = hex.EncodeToString(sum[:6])
		return err
	})
	if err != nil {
		return a, fmt.Errorf("read the assets: %w", err)
	}
	return a, nil
}

func (a assets) url(file string) (string, error) {
	version, ok := a.version["/static/"+file]
	if !ok {
		return "", fmt.Errorf("there is no asset %s", file)
	}
	return "/static/" + file + "?v=" + version, nil
}

// ServeHTTP implements [http.Handler]. Folders are not listed.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, ok := a.version[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("v") == version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	a.files.ServeHTTP(w, r)
}
