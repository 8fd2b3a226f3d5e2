package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

type card struct {
	School string   `json:"school"`
	Pin    string   `json:"pin" secret:"true"`
	More   []string `json:"more,omitempty" secret:"true"`
}

func TestSecretArgumentsAreNotInWhatAJobSays(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(tasks.Spec[card]{Name: "card", Summary: "Makes a card.", Run: func(_ context.Context, j *tasks.Job[card]) error {
		pin := j.Args.Pin
		j.Progress(tasks.Progress{Stage: "pin " + pin})
		j.Error(pin, pin, "no card with "+pin)
		j.Log.With("pin", pin).WithGroup("of").Info("pin "+pin, "args", j.Args, "raw", []byte(pin), slog.Group("in", "it", pin), "short", "abc", "school", j.Args.School) //nolint:sloglint // tasks of others do so
		return tasks.Permanent(fault.New(fault.Invalid, "The pin %s is used; so is %s.", pin, j.Args.More[0]))
	}})
	id := h.enqueue(job.Request{Task: "card", Args: json.RawMessage(`{"school":"north","pin":"hush \"hush\"","more":["hush \"hush\" hush","abc"]}`)}).ID
	got := h.reaches(id, job.Failed)
	if got.Error != "The pin ••• is used; so is •••." || got.Progress.Stage != "pin •••" {
		t.Errorf("the job says %q in stage %q", got.Error, got.Progress.Stage)
	}
	errors, lines := h.said(id)
	if len(errors) != 1 || len(lines) != 1 {
		t.Fatalf("%d errors, %d lines", len(errors), len(lines))
	}
	if e := errors[0]; e.Key != job.Mask || e.Code != job.Mask || e.Message != "no card with •••" {
		t.Errorf("the record error is %+v", e)
	}
	want := `pin ••• pin=••• of.args="{School:north Pin:••• More:[••• abc]}" of.raw=••• of.in.it=••• of.short=abc of.school=north`
	if diff := cmp.Diff(want, lines[0].Text); diff != "" {
		t.Errorf("the line (-want +got):\n%s", diff)
	}
	if all := fmt.Sprint(h.history(id)[1:]); strings.Contains(all, "hush") {
		t.Errorf("an event says %s", all)
	}
}

func TestTheWorkersOwnLogHasNoSecretEither(t *testing.T) {
	t.Parallel()
	quiet := newHush(job.SecretsOf(tasks.Schema[card]()), json.RawMessage(`{"school":"north","pin":"hushhush"}`))
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	r := slog.Record{Message: "pin hushhush"}
	r.AddAttrs(slog.Any("card", &card{Pin: "hushhush"}), slog.Int("n", 3), slog.Any("err", fmt.Errorf("pin %s", "hushhush")))
	if err := log.Handler().Handle(t.Context(), quiet.record(r)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hushhush") || !strings.Contains(out.String(), `"n":3`) {
		t.Errorf("the log has %s", &out)
	}
}

func TestAJobWithoutSecretsSaysAllThatItSays(t *testing.T) {
	t.Parallel()
	plain := tasks.Info{Name: "plain", Schema: tasks.Schema[params]()}
	if all := secretsOf(map[string]tasks.Info{"plain": plain}); len(all) != 0 {
		t.Errorf("secrets in %v", all)
	}
	secrets := job.SecretsOf(tasks.Schema[card]())
	for _, args := range []string{`{"school":"northern"}`, `{"school":"northern","pin":"short"}`, `{`, ``} {
		if h := newHush(secrets, json.RawMessage(args)); h != nil || h.text("northern short") != "northern short" {
			t.Errorf("of %s something is hushed", args)
		}
	}
}
