package builtin

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	_ "modernc.org/sqlite"             // the "sqlite" driver

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
	"github.com/beadle-jobs/beadle/pkg/sis/imsenterprise"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
	"github.com/beadle-jobs/beadle/pkg/sis/onerosterapi"
	"github.com/beadle-jobs/beadle/pkg/sis/sqlsource"
)

// sources returns the sources that the settings name, by name. Nothing is
// called or opened yet.
func sources(c config.Config, watch worker.Watch, log *slog.Logger) (map[string]sis.Source, error) {
	all := map[string]sis.Source{}
	for name, s := range c.Sources {
		source, err := sourceOf(s, watch("source", name), log.With("source", name))
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

func sourceOf(s config.Source, watch sis.Watch, log *slog.Logger) (sis.Source, error) {
	switch s.Driver {
	case "oneroster-csv":
		return oneroster.CSV{Path: s.Path}, nil
	case "oneroster-rest":
		return service(s, watch, log)
	case "ims-enterprise":
		return imsenterprise.XML{Path: s.Path, Complete: s.Complete}, nil
	case "anthology":
		return inbox(s, watch, log)
	case "sql":
		return database(s, watch)
	}
	return nil, fmt.Errorf("no driver %q", s.Driver) // the settings are valid
}

func service(s config.Source, watch sis.Watch, log *slog.Logger) (sis.Source, error) {
	secret, err := s.ClientSecret()
	if err != nil {
		return nil, err
	}
	return onerosterapi.New(onerosterapi.Config{
		URL: s.URL, Version: s.Version, TokenURL: s.TokenURL, ClientID: s.ClientID, ClientSecret: secret, Overlap: s.Overlap, Log: log, Watch: watch,
	}), nil
}

func inbox(s config.Source, watch sis.Watch, log *slog.Logger) (sis.Source, error) {
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
		CourseStatus: s.CourseStatus, Batch: s.Batch, Timeout: s.Timeout, Log: log, Watch: watch,
	})
}

// database returns a source of a database, which is opened when it is first
// read.
func database(s config.Source, watch sis.Watch) (sis.Source, error) {
	driver, address, err := addressOf(s)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The address of the database is not one; write it as postgres://reader:password@db.example.edu/sis.").Because(err)
	}
	db.SetMaxOpenConns(len(sis.Streams))
	db.SetConnMaxIdleTime(time.Minute)
	queries := map[sis.Stream]string{}
	for stream, query := range s.Queries {
		queries[sis.Stream(stream)] = query
	}
	return sqlsource.DB{DB: db, Queries: queries, Overlap: s.Overlap, Timeout: s.Timeout, Watch: watch}, nil
}

func addressOf(s config.Source) (driver, address string, err error) {
	if s.Database == "postgres" {
		address, err = s.Address()
		return "pgx", address, err
	}
	file := url.URL{Path: s.Path}
	return "sqlite", "file:" + file.EscapedPath() + "?mode=ro&_pragma=busy_timeout(5000)", nil
}
