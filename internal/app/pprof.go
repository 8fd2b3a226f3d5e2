package app

import (
	"net/http"
	"net/http/pprof"
)

// Pprof serves /debug/pprof/: what this process does and holds, as Go's pprof
// reads it. Whoever may ask can slow the process down, and see the names of
// tasks and clients: only people who operate it should.
func Pprof() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
