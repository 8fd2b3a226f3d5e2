package config

import (
	"reflect"
	"slices"
	"strings"
)

// public are settings that name files which hold no secret.
var public = []string{"ca_file", "cert_file"}

// SecretFiles returns the files that hold secrets, as the settings name them.
func (c Config) SecretFiles() (files []string) {
	files = slices.Clone(c.MessageKeys)
	everySetting(reflect.ValueOf(c), func(name, value string) {
		if strings.HasSuffix(name, "_file") && !slices.Contains(public, name) && value != "" {
			files = append(files, value)
		}
	})
	slices.Sort(files)
	return slices.Compact(files)
}

// everySetting calls see with each setting that is a text, by its last name.
func everySetting(v reflect.Value, see func(name, value string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			everySetting(v.Elem(), see)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			everySetting(v.MapIndex(key), see)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if field := v.Field(i); field.Kind() == reflect.String {
				see(name, field.String())
			} else if v.Type().Field(i).IsExported() {
				everySetting(field, see)
			}
		}
	}
}
