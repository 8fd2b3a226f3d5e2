package job_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
)

var schoolSchema = json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{
	"school":{"type":"string"},"pin":{"type":"integer","writeOnly":true},
	"api_key":{"type":"string"},
	"hosts":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"login":{"type":"string","writeOnly":true}}}},
	"keys":{"type":"array","items":{"type":"string","writeOnly":true}}}}`)

func TestSecretArgumentsAreMaskedAndComeBack(t *testing.T) {
	secrets := job.SecretsOf(schoolSchema)
	for args, want := range map[string]string{
		``:                            ``,
		`null`:                        `null`,
		`{ "school": "17" }`:          `{ "school": "17" }`,
		`{"school":"17","pin":4711}`:  `{"pin":"•••","school":"17"}`,
		`{"PIN":4711}`:                `{"PIN":"•••"}`,
		`{"api_key":"<k>"}`:           `{"api_key":"•••"}`,
		`{"hosts":[{"login":"x"}]}`:   `{"hosts":[{"login":"•••"}]}`,
		`{"keys":["x","y"]}`:          `{"keys":["•••","•••"]}`,
		`{"school":{"password":"x"}}`: `{"school":{"password":"•••"}}`,
		`broken`:                      `"•••"`,
		`{"pin":9007199254740993}`:    `{"pin":"•••"}`,
	} {
		masked := secrets.Masked(json.RawMessage(args))
		if string(masked) != want {
			t.Errorf("%s is shown as %s, want %s", args, masked, want)
		}
		if back := secrets.Restored(masked, json.RawMessage(args)); args != "broken" && args != "" && !job.SameJSON(back, json.RawMessage(args)) {
			t.Errorf("%s comes back as %s", args, back)
		}
	}
}

func TestOnlyWhatStillIsMaskedComesBack(t *testing.T) {
	secrets := job.SecretsOf(schoolSchema)
	got := secrets.Restored(json.RawMessage(`{"school":"•••","pin":"•••","api_key":"new"}`), json.RawMessage(`{"school":"17","pin":4711,"api_key":"old"}`))
	if want := `{"api_key":"new","pin":4711,"school":"•••"}`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	left := secrets.Restored(json.RawMessage(`{"hosts":[{"login":"•••"}]}`), json.RawMessage(`{}`))
	if name := secrets.MaskIn(left); name != "hosts.login" {
		t.Errorf("%s lacks %q", left, name)
	}
}

func TestASecretOfAListComesBackToItsOwnElementOnly(t *testing.T) {
	secrets := job.SecretsOf(schoolSchema)
	kept := json.RawMessage(`{"hosts":[{"name":"a","login":"x","ports":[1,2]},{"name":"b","login":"y"}],"keys":["k","l"]}`)
	for args, want := range map[string]string{
		`{"hosts":[{"name":"a","login":"•••","ports":[1,2]},{"name":"b","login":"new"}]}`: `{"hosts":[{"login":"x","name":"a","ports":[1,2]},{"login":"new","name":"b"}]}`,
		`{"hosts":[{"name":"a","login":"•••","ports":[1,3]},{"name":"b","login":"•••"}]}`: `{"hosts":[{"login":"•••","name":"a","ports":[1,3]},{"login":"y","name":"b"}]}`,
		`{"hosts":[{"name":"b","login":"•••"}]}`:                                          `{"hosts":[{"login":"•••","name":"b"}]}`,
		`{"hosts":[{"name":"b","login":"•••"},{"name":"c","login":"•••"}]}`:               `{"hosts":[{"login":"•••","name":"b"},{"login":"•••","name":"c"}]}`,
		`{"hosts":[{"login":"•••"},{"name":"b","port":1,"login":"•••"}]}`:                 `{"hosts":[{"login":"•••"},{"login":"•••","name":"b","port":1}]}`,
		`{"keys":["•••","new"]}`:                                                          `{"keys":["k","new"]}`,
		`{"keys":["•••"]}`:                                                                `{"keys":["•••"]}`,
	} {
		got := secrets.Restored(json.RawMessage(args), kept)
		if string(got) != want {
			t.Errorf("%s becomes %s, want %s", args, got, want)
		}
		if left := secrets.MaskIn(got) != ""; left != strings.Contains(want, job.Mask) {
			t.Errorf("%s: a mask is refused: %t", got, left)
		}
	}
}

func TestOfAnUnknownTaskEveryArgumentIsSecret(t *testing.T) {
	for _, secrets := range []job.Secrets{{}, job.SecretsOf(nil), job.SecretsOf(json.RawMessage("broken"))} {
		if got := secrets.Masked(json.RawMessage(`{"a":1,"b":{"c":2}}`)); string(got) != `{"a":"•••","b":"•••"}` {
			t.Errorf("shown: %s", got)
		}
	}
}

func TestKnowsWhichArgumentsHoldSecrets(t *testing.T) {
	secrets := job.SecretsOf(schoolSchema)
	for path, want := range map[string]bool{
		"school": false, "pin": true, "pin.x": true, "api_key": true, "hosts": true, "hosts.0.name": false, "hosts.0.login": true,
		"keys": true, "keys.0": true, "other": false, "other.token": true,
	} {
		if got := secrets.Hold(strings.Split(path, ".")); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
	if !(job.Secrets{}).Hold([]string{"school"}) {
		t.Error("nothing is known of the task, and yet its argument is no secret")
	}
}
