package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// The most that one call of [Client.EnqueueBatch] takes.
const (
	MaxBatchLines = 10_000
	MaxBatchBytes = 32 << 20
)

// EnqueueBatch starts many jobs at once and returns what became of each, in
// order. One that is refused does not spare the others. Give each a Key if the
// call may have to be repeated.
func (c *Client) EnqueueBatch(ctx context.Context, jobs []NewJob) ([]BatchLine, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	for i, n := range jobs {
		if err := enc.Encode(n); err != nil {
			return nil, fmt.Errorf("write job %d of the batch: %w", i+1, err)
		}
	}
	return c.EnqueueLines(ctx, &body)
}

// EnqueueLines is [Client.EnqueueBatch] of jobs that are JSON already, one in
// a line. Empty lines are left out of the answer.
func (c *Client) EnqueueLines(ctx context.Context, lines io.Reader) ([]BatchLine, error) {
	resp, err := c.send(ctx, http.MethodPost, path("jobs:batch"), "application/x-ndjson", lines)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answers []BatchLine
	for d := json.NewDecoder(bufio.NewReader(resp.Body)); ; {
		var answer BatchLine
		switch err := d.Decode(&answer); {
		case errors.Is(err, io.EOF):
			return answers, nil
		case err != nil:
			return answers, &Error{Code: "unavailable", Message: "The answer of " + c.server + " broke off.", Err: err}
		}
		answers = append(answers, answer)
	}
}
