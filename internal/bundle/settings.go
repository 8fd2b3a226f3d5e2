package bundle

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/config"
)

// shown are the settings whose texts cannot be secret, nor about people.
var shown = []string{
	"driver", "format", "time_zone", "schedule", "reconcile", "log_level", "listen", "metrics", "mode", "groups", "source", "target", "sink", "tls",
}

// sites are those whose texts are addresses, of which the host is shown.
var sites = []string{"redis", "ledger", "url", "public_url", "issuer", "token_url"}

// Settings returns what may be shown of settings, by their names. Of a text it
// says only that it is set, unless it is known to be harmless.
func Settings(c config.Config) map[string]any {
	shown, _ := masked("", reflect.ValueOf(c)).(map[string]any)
	return shown
}

func masked(name string, v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return masked(name, v.Elem())
	case reflect.Struct:
		all := map[string]any{}
		for i := range v.NumField() {
			tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if v.Type().Field(i).IsExported() && tag != "" {
				all[tag] = masked(tag, v.Field(i))
			}
		}
		return all
	case reflect.Map:
		all := map[string]any{}
		if v.Type().Elem().Kind() == reflect.Struct { // sources, targets, syncs and sinks, whose names are ours
			for _, key := range v.MapKeys() {
				all[key.String()] = masked(name, v.MapIndex(key))
			}
			return all
		}
		return some(v.Len())
	case reflect.Slice:
		return some(v.Len())
	case reflect.String:
		return text(name, v.String())
	case reflect.Bool:
		return v.Bool()
	case reflect.Int64:
		return fmt.Sprint(v.Interface()) // durations too
	case reflect.Int, reflect.Float64:
		return v.Interface()
	}
	return nil
}

func some(n int) string { return fmt.Sprintf("(%d)", n) }

func text(name, value string) string {
	switch {
	case value == "", slices.Contains(shown, name):
		return value
	case slices.Contains(sites, name):
		return site(value)
	}
	return "(set)"
}

// site returns the scheme and host of an address, and of a path that it is one.
func site(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "(set)"
	}
	return u.Scheme + "://" + u.Host
}
