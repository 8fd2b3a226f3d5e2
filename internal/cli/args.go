package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// arguments joins the flag that has all arguments as JSON, and --arg, to the
// arguments of a task. The values of --arg are typed by the task's schema; what
// does not fit stays a string, for the server to refuse in its own words.
func (env *Env) arguments(ctx context.Context, c *client.Client, task, flag, whole string, single []string) (json.RawMessage, error) {
	args, err := env.wholeArguments(flag, whole)
	if err != nil || len(single) == 0 {
		return args, err
	}
	object := map[string]json.RawMessage{}
	if len(args) > 0 && string(bytes.TrimSpace(args)) != "null" {
		if err := json.Unmarshal(args, &object); err != nil {
			return nil, fault.New(fault.Invalid, "--%s must be a JSON object", flag).In(flag)
		}
	}
	types, err := argumentTypes(ctx, c, task)
	if err != nil {
		return nil, err
	}
	for _, pair := range single {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fault.New(fault.Invalid, "--arg must be name=value, not %q", pair).In("arg")
		}
		object[name] = typed(types[name], value, object[name])
	}
	return json.Marshal(object)
}

// wholeArguments returns what a flag says; "-" means standard input.
func (env *Env) wholeArguments(flag, whole string) (json.RawMessage, error) {
	raw := []byte(whole)
	if whole == "-" {
		var err error
		if raw, err = io.ReadAll(env.In); err != nil {
			return nil, err
		}
	}
	if len(raw) > 0 && !json.Valid(raw) {
		return nil, fault.New(fault.Invalid, "--%s is not valid JSON: %v", flag, json.Unmarshal(raw, new(any))).In(flag)
	}
	return raw, nil
}

// An argumentType is what the schema says of one argument.
type argumentType struct {
	Type  string        `json:"type"`
	Items *argumentType `json:"items"`
}

// argumentTypes returns the types of a task's arguments; none if there is no
// such task, which the server says when it is to be enqueued.
func argumentTypes(ctx context.Context, c *client.Client, task string) (map[string]argumentType, error) {
	t, err := c.Task(ctx, task)
	if refused, ok := errors.AsType[*client.Error](err); ok && refused.Code == fault.NotFound.Code() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var schema struct {
		Properties map[string]argumentType `json:"properties"`
	}
	return schema.Properties, json.Unmarshal(t.Schema, &schema)
}

// typed returns value as JSON of that type. A list takes one item each time it
// is named, or all at once as JSON.
func typed(t argumentType, value string, before json.RawMessage) json.RawMessage {
	raw := json.RawMessage(value)
	switch t.Type {
	case "integer", "number", "boolean", "object":
		if json.Valid(raw) {
			return raw
		}
	case "array":
		return list(t, value, before)
	}
	return text(value)
}

func list(t argumentType, value string, before json.RawMessage) json.RawMessage {
	if raw := json.RawMessage(value); strings.HasPrefix(value, "[") && json.Valid(raw) {
		return raw
	}
	var items []json.RawMessage
	_ = json.Unmarshal(before, &items) // absent before the first
	item := argumentType{}
	if t.Items != nil {
		item = *t.Items
	}
	raw, _ := json.Marshal(append(items, typed(item, value, nil))) // valid JSON by now
	return raw
}

func text(s string) json.RawMessage {
	raw, _ := json.Marshal(s) // a string always encodes
	return raw
}
