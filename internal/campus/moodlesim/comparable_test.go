package moodlesim_test

import (
	"regexp"
	"slices"
	"strings"
)

// ignored are the fields that no fixture can foresee (ids that a write makes,
// times, generated pictures, secrets).
var ignored = map[string]bool{
	"timecreated": true, "timemodified": true, "cacherev": true, "contextid": true,
	"courseimage": true, "userprivateaccesskey": true,
	"preferences": true, // when the service user logged in, and the like
}

// comparable leaves out of an answer what is not compared.
func comparable(tr transcript, v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range v {
			made := name == "id" && strings.Contains(tr.Function, "_create_")
			if !ignored[name] && !made {
				kept[name] = comparable(tr, inner)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, inner := range v {
			if !foreign(inner) {
				kept = append(kept, comparable(tr, inner))
			}
		}
		return kept
	case string:
		return contexts.ReplaceAllString(times.ReplaceAllString(v, "TIME"), "pluginfile.php/ID/")
	default:
		return v
	}
}

// times and contexts are what no fixture can foresee inside a text.
var (
	times    = regexp.MustCompile(`\b1[78]\d{8}\b`)
	contexts = regexp.MustCompile(`pluginfile\.php/\d+/`)
)

// foreign reports whether v is a function that the recorded service offered
// and the simulated one does not.
func foreign(v any) bool {
	entry, _ := v.(map[string]any)
	name, _ := entry["name"].(string)
	return entry["version"] != nil && slices.Contains([]string{
		"core_course_view_course", "core_message_get_messages", "core_reportbuilder_retrieve_system_report", "core_xapi_statement_post",
	}, name)
}
