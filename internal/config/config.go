// Package config is every setting there is, with its default.
//
// A setting comes from the first of these that has it: a flag, the
// environment (BEADLE_REDIS, BEADLE_WORKER_CONCURRENCY, …), the file, the
// default. The file is YAML, usually beadle.yaml:
//
//	redis: redis://127.0.0.1:6379/0
//	ledger: postgres://beadle@db/beadle
//	sources: {registrar: {driver: oneroster-csv, path: ./inbox}}
//	targets: {moodle: {driver: moodle, url: https://lms.example.edu, token_file: ./moodle.token}}
//	syncs:   {main: {source: registrar, target: moodle, terms: all, create_courses: true}}
//
// All processes of an installation read the same file. A misspelt key is an
// error that names the line and the keys that exist; [Load] reports everything
// that is wrong, not only the first thing.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Config is shared by every process. A setting that only one of them reads is
// still here, so that one file describes the installation.
type Config struct {
	Redis     string   `yaml:"redis" env:"REDIS"`           // redis://…, rediss://… or unix://…
	Ledger    string   `yaml:"ledger" env:"LEDGER"`         // postgres://… or the path of a SQLite file
	Listen    string   `yaml:"listen" env:"LISTEN"`         // where the scheduler serves API, pages and metrics
	TokenFile string   `yaml:"token_file" env:"TOKEN_FILE"` // the bearer token; without one only loopback is served
	Hosts     []string `yaml:"hosts" env:"HOSTS"`           // host names that browsers may use for it, besides loopback
	Proxies   []string `yaml:"proxies" env:"PROXIES"`       // networks of the proxies in front, whose X-Forwarded-For and -Proto are believed
	LogLevel  string   `yaml:"log_level" env:"LOG_LEVEL"`   // debug, info, warn, error
	Backlog   int64    `yaml:"backlog" env:"BACKLOG"`       // events that wait to be recorded, at which batches of jobs are refused
	Viewers   int      `yaml:"viewers" env:"VIEWERS"`       // places in which one person may follow jobs live
	PublicURL string   `yaml:"public_url" env:"PUBLIC_URL"` // where people find the pages; links in messages begin with it
	Worker    Worker   `yaml:"worker" envPrefix:"WORKER_"`
	Recovery  Recovery `yaml:"recovery" envPrefix:"RECOVERY_"`
	Notify    Notify   `yaml:"notify" envPrefix:"NOTIFY_"`
	Access    Access   `yaml:"access" envPrefix:"ACCESS_"`
	Traces    Traces   `yaml:"traces" envPrefix:"TRACES_"`
	Metrics   Metrics  `yaml:"metrics" envPrefix:"METRICS_"`

	RedisFile     string    `yaml:"redis_file" env:"REDIS_FILE"`         // holds what redis says, instead; for an address with a password
	LedgerFile    string    `yaml:"ledger_file" env:"LEDGER_FILE"`       // likewise
	RedisReplicas int       `yaml:"redis_replicas" env:"REDIS_REPLICAS"` // that must have a job before it is acknowledged
	RedisTLS      RedisTLS  `yaml:"redis_tls" envPrefix:"REDIS_TLS_"`
	ListenTLS     ListenTLS `yaml:"listen_tls" envPrefix:"LISTEN_TLS_"`

	Linger time.Duration `yaml:"linger" env:"LINGER"` // how long a scheduler goes on to answer after it was told to stop, no longer ready

	Retention Retention `yaml:"retention" envPrefix:"RETENTION_"`

	MessageKeys []string `yaml:"message_keys" env:"MESSAGE_KEYS"` // files of keys that seal what the SIS says of people; the first seals

	Sources map[string]Source `yaml:"sources"`
	Targets map[string]Target `yaml:"targets"`
	Syncs   map[string]Sync   `yaml:"syncs"`
	Sinks   map[string]Sink   `yaml:"sinks"`
}

// Worker is what a worker process takes on.
type Worker struct {
	Concurrency int               `yaml:"concurrency" env:"CONCURRENCY"`              // jobs at a time
	Queues      []string          `yaml:"queues" env:"QUEUES"`                        // besides its own, which is named after the binary
	Labels      map[string]string `yaml:"labels" env:"LABELS" envKeyValSeparator:"="` // what tasks may ask for: gpu=yes,zone=a
	Drain       time.Duration     `yaml:"drain" env:"DRAIN"`                          // patience with running jobs when told to stop
	Metrics     string            `yaml:"metrics" env:"METRICS"`                      // where it serves /metrics, /healthz and /readyz; empty: nowhere
	Pprof       bool              `yaml:"pprof" env:"PPROF"`                          // /debug/pprof there too; on loopback only: nobody is asked who they are
}

// Recovery says what becomes of the slots that went by while no scheduler was
// up.
type Recovery struct {
	After    time.Duration `yaml:"after" env:"AFTER"`       // down for longer than this, they are one plan
	Approve  int           `yaml:"approve" env:"APPROVE"`   // a plan of more slots is held for a person; 0: every plan
	Most     int           `yaml:"most" env:"MOST"`         // slots of a plan; the oldest of more are missed
	Together int           `yaml:"together" env:"TOGETHER"` // jobs of a plan that are unfinished at a time
}

// Default returns the settings of an installation on one machine.
func Default() Config {
	return Config{
		Redis:    "redis://127.0.0.1:6379/0",
		Ledger:   "beadle.db",
		Listen:   "127.0.0.1:8080",
		Proxies:  []string{"127.0.0.0/8", "::1/128"},
		LogLevel: "info",
		Backlog:  1_000_000,
		Viewers:  20,
		Linger:   2 * time.Second,
		Worker:   Worker{Concurrency: 10, Drain: 30 * time.Second},
		Recovery: Recovery{After: 10 * time.Minute, Approve: 100, Most: 1000, Together: 20},
		Metrics:  Metrics{Series: 2000, Schedules: 500},
		Notify:   defaultNotify(),
		Traces:   Traces{Ratio: 1},
		Access:   Access{SessionIdle: 8 * time.Hour, SessionMax: 7 * 24 * time.Hour, OIDC: OIDC{GroupsClaim: "groups"}},
	}
}

// File returns the settings file to read when no flag names one: beadle.yaml
// in this folder if there is one, else none.
func File() string {
	if _, err := os.Stat("beadle.yaml"); err == nil {
		return "beadle.yaml"
	}
	return ""
}

// Load reads the file, if one is named, over base and then the environment
// over both. Paths in the file are relative to the file's folder. Its errors
// are fault.Invalid.
func Load(base Config, file string, environ []string) (Config, error) {
	c := base
	if file != "" {
		if err := c.read(file); err != nil {
			return c, err
		}
	}
	options := env.Options{Prefix: "BEADLE_", Environment: env.ToMap(environ)}
	if err := env.ParseWithOptions(&c, options); err != nil {
		return c, fault.New(fault.Invalid, "The environment has a setting that cannot be used: %s.", oneLine(err))
	}
	return c, c.Validate()
}

func (c *Config) read(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fault.New(fault.Invalid, "The settings file %s cannot be read.", file).Because(err)
	}
	if err := c.decode(file, data); err != nil {
		return err
	}
	c.resolve(filepath.Dir(file))
	return nil
}

func (c *Config) decode(file string, data []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "%s: %s", file, explain(err))
	}
	return nil
}

// resolve makes the file's relative paths relative to dir.
func (c *Config) resolve(dir string) {
	c.TokenFile = under(dir, c.TokenFile)
	c.resolveConnections(dir)
	for i, file := range c.MessageKeys {
		c.MessageKeys[i] = under(dir, file)
	}
	c.Notify.SMTP.PasswordFile = under(dir, c.Notify.SMTP.PasswordFile)
	c.Access.OIDC.ClientSecretFile = under(dir, c.Access.OIDC.ClientSecretFile)
	for name, s := range c.Sources {
		c.Sources[name] = s.resolve(dir)
	}
	for name, t := range c.Targets {
		t.TokenFile, t.Path = under(dir, t.TokenFile), under(dir, t.Path)
		c.Targets[name] = t
	}
	for name, s := range c.Sinks {
		c.Sinks[name] = s.resolve(dir)
	}
	for _, s := range c.Syncs {
		if a := s.Attendance; a != nil {
			a.Activity.URLFile, a.Activity.Path = under(dir, a.Activity.URLFile), under(dir, a.Activity.Path)
		}
	}
}

func under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (r Recovery) validate(say func(format string, args ...any)) {
	if r.After < time.Minute {
		say("recovery.after is %s: it must be 1m or more", r.After)
	}
	if r.Approve < 0 {
		say("recovery.approve is %d: it must be 0 or more", r.Approve)
	}
	if r.Most < 1 || r.Most > 10_000 {
		say("recovery.most is %d: it must be 1 to 10000", r.Most)
	}
	if r.Together < 1 || r.Together > 1000 {
		say("recovery.together is %d: it must be 1 to 1000", r.Together)
	}
}

// Validate reports everything that is wrong, as one fault.Invalid.
func (c Config) Validate() error {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	c.validateConnections(say)
	if c.Worker.Concurrency < 1 || c.Worker.Concurrency > 10_000 {
		say("worker.concurrency is %d: it must be 1 to 10000", c.Worker.Concurrency)
	}
	if c.Worker.Drain < time.Second {
		say("worker.drain is %s: it must be 1s or more", c.Worker.Drain)
	}
	if c.Worker.Pprof && !OnLoopback(c.Worker.Metrics) {
		say("worker.pprof needs worker.metrics on this machine's loopback, such as 127.0.0.1:9090: whoever reaches that port is not asked who they are")
	}
	if _, ok := levels[c.LogLevel]; !ok {
		say("log_level is %q: it must be debug, info, warn or error", c.LogLevel)
	}
	validNetworks("proxies", c.Proxies, say)
	if c.Backlog < 1000 {
		say("backlog is %d: it must be 1000 or more", c.Backlog)
	}
	if c.Viewers < 1 || c.Viewers > 10_000 {
		say("viewers is %d: it must be 1 to 10000", c.Viewers)
	}
	if c.PublicURL != "" && !isSite(c.PublicURL) {
		say("public_url is %q: it must be an address such as https://jobs.example.edu", c.PublicURL)
	}
	if c.RedisReplicas < 0 || c.RedisReplicas > 10 {
		say("redis_replicas is %d: it must be 0 to 10", c.RedisReplicas)
	}
	if c.Linger < 0 || c.Linger > time.Minute {
		say("linger is %s: it must be 0 to 1m", c.Linger)
	}
	c.Recovery.validate(say)
	c.Traces.validate(say)
	c.Metrics.validate(say)
	c.Notify.validate(say)
	c.Access.validate(c.PublicURL, say)
	for _, name := range sorted(c.Sources) {
		c.Sources[name].validate("sources."+name, say)
	}
	for _, name := range sorted(c.Targets) {
		c.Targets[name].validate("targets."+name, say)
	}
	for _, name := range sorted(c.Sinks) {
		c.Sinks[name].validate("sinks."+name, say)
	}
	for _, name := range sorted(c.Syncs) {
		c.Syncs[name].validate("syncs."+name, c, say)
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "The settings are not right: %s.", strings.Join(wrong, "; "))
}

// Trusted returns the networks of proxies. It is for settings that are valid.
func (c Config) Trusted() []netip.Prefix { return networks(c.Proxies) }

// networks returns those that the texts name.
func networks(texts []string) (all []netip.Prefix) {
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			all = append(all, p.Masked())
		}
	}
	return all
}

func validNetworks(setting string, texts []string, say func(format string, args ...any)) {
	for _, text := range texts {
		if _, err := netip.ParsePrefix(text); err != nil {
			say("%s has %q: it must be a network such as 10.1.2.0/24", setting, text)
		}
	}
}

// OnLoopback reports whether an address can only be reached from this machine.
func OnLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// isSite reports whether text is where a site begins.
func isSite(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// Token returns the bearer token that token_file holds, or "" if none is
// named.
func (c Config) Token() (string, error) {
	if c.TokenFile == "" {
		return "", nil
	}
	return secret("token_file", c.TokenFile)
}

// secret reads a one-line secret from a file.
func secret(setting, file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fault.New(fault.Invalid, "%s: the file %s cannot be read.", setting, file).Because(err)
	}
	s := strings.TrimSpace(string(data))
	if s == "" {
		return "", fault.New(fault.Invalid, "%s: the file %s is empty.", setting, file)
	}
	return s, nil
}
