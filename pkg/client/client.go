// Package client speaks to Beadle's API. It is what jobctl is made of, and
// what a program of yours uses to start jobs and to ask how they are:
//
//	c := client.New("http://127.0.0.1:8080", os.Getenv("BEADLE_TOKEN"))
//	started, isNew, err := c.Enqueue(ctx, client.NewJob{
//		Task: "roster.sync",
//		Args: json.RawMessage(`{"school":"17"}`),
//		Key:  "roster of 2026-09-01", // the same key again is the same job
//	})
//
// A refusal is an [*Error] with a sentence that may be shown to people, and a
// code that programs may rely on. The types here are the API's own: what they
// say in JSON is what openapi.yaml describes.
//
// Where the context has a span of OpenTelemetry, requests say so, and jobs that
// they start are in its trace.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
)

// A Client speaks to one server. It may be used from several goroutines.
type Client struct {
	server string
	token  string
	http   *http.Client
}

// New returns a client of the server at that URL. An empty token sends none.
func New(server, token string) *Client {
	return &Client{strings.TrimRight(server, "/"), token, &http.Client{Timeout: time.Minute}}
}

// Server returns the URL that c speaks to.
func (c *Client) Server() string { return c.server }

// An Error is what the API says about a request that it did not carry out.
type Error struct {
	Status  int    // of HTTP; 0 if the server could not be reached
	Code    string // stable: invalid, not_found, conflict, denied, unavailable, internal
	Message string // a sentence for people
	Field   string // the field at fault; may be empty
	After   time.Duration
	Err     error // why the server could not be reached; else nil
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// Reached reports whether the error is an answer of the server.
func (e *Error) Reached() bool { return e.Status != 0 }

// get reads what is at path.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (answer T, err error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	_, err = c.do(ctx, http.MethodGet, path, nil, &answer)
	return answer, err
}

// post sends body to path and reads the answer.
func post[T any](ctx context.Context, c *Client, path string, body any) (answer T, err error) {
	_, err = c.do(ctx, http.MethodPost, path, body, &answer)
	return answer, err
}

// do sends a request, reads the answer, and returns the HTTP status.
func (c *Client) do(ctx context.Context, method, path string, body, answer any) (int, error) {
	content, err := encode(body)
	if err != nil {
		return 0, err
	}
	resp, err := c.send(ctx, method, path, "application/json", content)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		return resp.StatusCode, fmt.Errorf("read the answer of %s: %w", c.server, err)
	}
	return resp.StatusCode, nil
}

func encode(body any) (io.Reader, error) {
	if body == nil {
		return http.NoBody, nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	return bytes.NewReader(raw), nil
}

// send sends a request. A refusal is an error.
func (c *Client) send(ctx context.Context, method, path, contentType string, content io.Reader) (*http.Response, error) {
	req, err := c.request(ctx, method, path, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json")
	return c.answer(c.http, req)
}

// request makes a request that says who sends it.
func (c *Client) request(ctx context.Context, method, path string, content io.Reader) (*http.Request, error) {
	if u, err := url.Parse(c.server); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{Code: "invalid", Message: c.server + " is not the URL of a server; write it as http://127.0.0.1:8080.", Field: "server", Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, content)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header))
	return req, nil
}

// answer sends a request. A refusal is an error.
func (c *Client) answer(by *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := by.Do(req)
	if err != nil && req.Context().Err() != nil {
		return nil, req.Context().Err()
	}
	if err != nil {
		return nil, &Error{Code: "unavailable", Message: "There is no answer from " + c.server + ".", Err: err}
	}
	if resp.StatusCode >= http.StatusBadRequest {
		defer resp.Body.Close()
		return nil, refusal(resp)
	}
	return resp, nil
}

// refusal reads an error object, or makes the best of an answer that is none.
func refusal(resp *http.Response) error {
	e := &Error{Status: resp.StatusCode, Code: codeOf(resp.StatusCode)}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		e.After = time.Duration(seconds) * time.Second
	}
	var body ErrorBody
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&body) == nil && body.Error.Message != "" {
		e.Code, e.Message, e.Field = body.Error.Code, body.Error.Message, body.Error.Field
		return e
	}
	e.Message = fmt.Sprintf("The server answered %s; is it Beadle's?", resp.Status)
	return e
}

func codeOf(status int) string {
	switch {
	case status == http.StatusNotFound:
		return "not_found"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "denied"
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return "unavailable"
	case status >= http.StatusInternalServerError:
		return "internal"
	}
	return "invalid"
}

// path joins parts of a path, each escaped.
func path(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/api/v1/" + strings.Join(parts, "/")
}

// set adds a parameter unless it is empty.
func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func setNumber(q url.Values, name string, n int64) {
	if n != 0 {
		q.Set(name, strconv.FormatInt(n, 10))
	}
}
