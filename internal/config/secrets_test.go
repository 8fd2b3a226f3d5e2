package config_test

import (
	"slices"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
)

func TestTheFilesThatHoldSecretsAreKnown(t *testing.T) {
	c := config.Default()
	c.TokenFile, c.MessageKeys = "token", []string{"key"}
	c.RedisTLS.CAFile, c.RedisTLS.KeyFile = "ca", "redis.key"
	c.Targets = map[string]config.Target{"lms": {TokenFile: "lms.token"}}
	c.Syncs = map[string]config.Sync{"main": {Attendance: &config.Attendance{Activity: config.Activity{URLFile: "log.url"}}}}
	want := []string{"key", "lms.token", "log.url", "redis.key", "token"}
	if got := c.SecretFiles(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
