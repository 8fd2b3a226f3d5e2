package config

import (
	"cmp"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// levels are the words for log levels.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Level returns the least level that is logged.
func (c Config) Level() slog.Level { return levels[c.LogLevel] }

// unknownKey is how the YAML package reports a key that a struct lacks.
var unknownKey = regexp.MustCompile(`line (\d+): field (\S+) not found in type config\.(\w+)`)

// wrongType is how it reports a value that a setting cannot have.
var wrongType = regexp.MustCompile("cannot unmarshal !!\\w+(?: `([^`]*)`)? into ([\\w.\\[\\]*]+)")

// kinds are what values are called, by the name of their type.
var kinds = map[string]string{
	"bool": "true or false", "int": "a whole number", "string": "a text", "[]string": "a list", "time.Duration": "a time such as 30s",
}

// sections are the structs that a file is made of.
var sections = map[string]reflect.Type{
	"Config": reflect.TypeFor[Config](), "Worker": reflect.TypeFor[Worker](), "Retention": reflect.TypeFor[Retention](),
	"Source": reflect.TypeFor[Source](), "Target": reflect.TypeFor[Target](), "Sync": reflect.TypeFor[Sync](),
	"Brakes": reflect.TypeFor[Brakes](), "Freeze": reflect.TypeFor[Freeze](),
	"Notify": reflect.TypeFor[Notify](), "SMTP": reflect.TypeFor[SMTP](),
	"RedisTLS": reflect.TypeFor[RedisTLS](), "ListenTLS": reflect.TypeFor[ListenTLS](),
}

// explain turns an error of the YAML package into one line that names the line
// and what would be right.
func explain(err error) string {
	text := oneLine(err)
	text = strings.TrimPrefix(text, "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors: ")
	text = wrongType.ReplaceAllStringFunc(text, func(found string) string {
		m := wrongType.FindStringSubmatch(found)
		return cmp.Or(quoted(m[1]), "this") + " is not " + cmp.Or(kinds[m[2]], "a group of settings with names")
	})
	return unknownKey.ReplaceAllStringFunc(text, func(found string) string {
		m := unknownKey.FindStringSubmatch(found)
		return "line " + m[1] + ": there is no setting " + m[2] + " here; there are " + strings.Join(keys(sections[m[3]]), ", ")
	})
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "“" + text + "”"
}

// keys are the settings of one section.
func keys(section reflect.Type) []string {
	var all []string
	for field := range section.Fields() {
		all = append(all, field.Tag.Get("yaml"))
	}
	return all
}

// list says which names there are.
func list[V any](m map[string]V) string {
	if len(m) == 0 {
		return "there are none"
	}
	return "there are " + strings.Join(sorted(m), ", ")
}

func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	return strings.Join(lines, " ")
}
