package builtin

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// sources returns the sources that the settings name, by name. Nothing is
// called or opened yet.
func sources(c config.Config, log *slog.Logger) (map[string]sis.Source, error) {
	all := map[string]sis.Source{}
	for name, s := range c.Sources {
		source, err := sourceOf(s, log.With("source", name))
		if e, ok := errors.AsType[*sis.Error](err); ok {
			err = fault.New(fault.Invalid, "sources.%s: %s", name, e.Message)
		}
		if err != nil {
			return nil, err
		}
		all[name] = source
	}
	return all, nil
}

func sourceOf(s config.Source, log *slog.Logger) (sis.Source, error) {
	switch s.Driver {
	case "oneroster-csv":
		return oneroster.CSV{Path: s.Path}, nil
	case "anthology":
		return inbox(s, log)
	}
	return nil, fmt.Errorf("no driver %q", s.Driver) // the settings are valid
}

func inbox(s config.Source, log *slog.Logger) (sis.Source, error) {
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	password, err := s.Password()
	if err != nil {
		return nil, err
	}
	return anthology.New(anthology.Config{
		URL: s.URL, Token: token, User: s.User, Password: password, Parameters: s.Parameters, Paths: s.Paths, Fields: s.Fields,
		CourseStatus: s.CourseStatus, Batch: s.Batch, Timeout: s.Timeout, Log: log,
	})
}
