package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// Listen opens addr. Where nobody is asked who they are, only loopback is
// allowed.
func Listen(addr string, asks bool) (net.Listener, error) {
	if !asks && !config.OnLoopback(addr) {
		return nil, fault.New(fault.Invalid,
			"listen is %s, and without a token only loopback is served: set token_file or access, or listen on 127.0.0.1.", addr)
	}
	return ListenAnywhere(addr)
}

// ListenAnywhere opens addr for what needs no token, such as metrics.
func ListenAnywhere(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "Cannot listen on %s: is something else using it?", addr).Because(err)
	}
	return l, nil
}

// writeTime is how long an answer may take, from the head of its request on.
// What goes on for longer, such as a file or an event stream, has to say so
// while it gets on, so that nobody keeps a connection by reading slowly.
const writeTime = 3 * time.Minute

// finishTime is how long open requests may take to finish when the server
// stops.
const finishTime = 10 * time.Second

// Serve answers requests on l until ctx is done, then lets open ones finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return ServeAndLinger(ctx, l, h, 0)
}

// ServeAndLinger is like Serve, and takes its leave: for that long after ctx is
// done it still answers everything, but is not ready any more, and ends each
// connection with its answer. So clients and load balancers move on to another
// server, and no request meets a closed door.
func ServeAndLinger(ctx context.Context, l net.Listener, h http.Handler, linger time.Duration) error {
	server := &http.Server{
		Handler:           leaving(ctx, h),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      writeTime,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		time.Sleep(linger)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			return server.Close()
		}
		return nil
	})
	return g.Wait()
}

// leaving answers as h does until ctx is done; then each answer ends its
// connection, and nobody is told any more that this server is ready.
func leaving(ctx context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() == nil {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		if r.URL.Path == "/readyz" {
			notReady(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// notReady is the answer of a server that is about to end.
func notReady(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	// Who asked may be gone.
	_ = json.NewEncoder(w).Encode(client.Readiness{Reasons: []string{"It was told to stop."}})
}
