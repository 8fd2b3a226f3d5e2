package config

import (
	"net/mail"
	"net/netip"
)

// Notify is how people are told of jobs.
type Notify struct {
	SMTP         SMTP     `yaml:"smtp" envPrefix:"SMTP_"`
	LocalEmail   string   `yaml:"local_email" env:"LOCAL_EMAIL"`     // of who works here where no access is configured
	PerHour      int      `yaml:"per_hour" env:"PER_HOUR"`           // messages to one recipient; what is more comes together
	AllowPrivate []string `yaml:"allow_private" env:"ALLOW_PRIVATE"` // private networks that webhooks may reach: 10.1.2.0/24
	Ports        []int    `yaml:"ports" env:"PORTS"`                 // that webhooks may reach
}

// SMTP is the server that takes e-mail.
type SMTP struct {
	Host         string `yaml:"host" env:"HOST"` // empty: no e-mail is sent
	Port         int    `yaml:"port" env:"PORT"`
	From         string `yaml:"from" env:"FROM"`
	Username     string `yaml:"username" env:"USERNAME"`
	PasswordFile string `yaml:"password_file" env:"PASSWORD_FILE"`
	TLS          string `yaml:"tls" env:"TLS"` // starttls, tls, none
}

func defaultNotify() Notify {
	return Notify{SMTP: SMTP{Port: 587, TLS: "starttls"}, PerHour: 30, Ports: []int{443, 80}}
}

// Private returns the networks of allow_private. It is for settings that are
// valid.
func (n Notify) Private() []netip.Prefix { return networks(n.AllowPrivate) }

func (n Notify) validate(say func(format string, args ...any)) {
	n.SMTP.validate(say)
	if n.PerHour < 1 || n.PerHour > 10_000 {
		say("notify.per_hour is %d: it must be 1 to 10000", n.PerHour)
	}
	if n.LocalEmail != "" && !isAddress(n.LocalEmail) {
		say("notify.local_email is %q: it must be an e-mail address", n.LocalEmail)
	}
	validNetworks("notify.allow_private", n.AllowPrivate, say)
	for _, port := range n.Ports {
		if port < 1 || port > 65535 {
			say("notify.ports has %d: it must be 1 to 65535", port)
		}
	}
}

func (s SMTP) validate(say func(format string, args ...any)) {
	if s.Host == "" {
		return
	}
	if s.Port < 1 || s.Port > 65535 {
		say("notify.smtp.port is %d: it must be 1 to 65535", s.Port)
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		say("notify.smtp.from is %q: it must be an e-mail address", s.From)
	}
	if s.TLS != "starttls" && s.TLS != "tls" && s.TLS != "none" {
		say("notify.smtp.tls is %q: it must be starttls, tls or none", s.TLS)
	}
	if s.Username != "" && s.PasswordFile == "" {
		say("notify.smtp.password_file is empty: name the file that holds the password of %s", s.Username)
	}
}

func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}
