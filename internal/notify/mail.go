package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"os"
	"strings"

	mail "github.com/wneessen/go-mail"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Mail is the server that takes e-mail.
type Mail struct {
	Host         string // empty: there is none
	Port         int
	From         string
	Username     string // empty: without a login
	PasswordFile string
	TLS          string // starttls, tls or none
	Trust        *tls.Config
}

// A letter is one e-mail.
type letter struct {
	ID          string
	Subject     string
	Text        string
	HTML        string
	Unsubscribe string // the page; empty: none
}

//go:embed letter.html
var letterHTML string

var letterTemplate = template.Must(template.New("letter").Parse(letterHTML))

// A line is one thing that happened, as letters and chats show it.
type line struct {
	Title, Said, Detail, Of, At, Link string
}

func (s *Sender) lines(d notice.Delivery) (lines []line) {
	for _, f := range d.Facts {
		of := f.Task
		if f.Client != "" {
			of = cmp.Or(of, "every task") + " of " + f.Client
		}
		lines = append(lines, line{
			Title: notice.OneLine(f.Title, 200), Said: saidOf(f), Detail: notice.OneLine(f.Detail, 500), Of: of,
			At: f.At.UTC().Format("2006-01-02 15:04 UTC"), Link: s.link(f.Path),
		})
	}
	return lines
}

func saidOf(f notice.Facts) string {
	if f.What == notice.Ended {
		return string(f.State)
	}
	return f.What.Words()
}

// letter writes d as an e-mail, as text and as HTML.
func (s *Sender) letter(d notice.Delivery) letter {
	content := struct {
		Subject, Counts, Notices string
		Lines                    []line
		More                     int
	}{notice.OneLine(d.Subject, 250), notice.Counts(d.Facts), s.link("/notices"), s.lines(d), d.More}
	var html bytes.Buffer
	_ = letterTemplate.Execute(&html, content) // it is written to memory, from texts
	return letter{ID: d.ID, Subject: content.Subject, Text: s.text(d) + footer(content.Notices), HTML: html.String(), Unsubscribe: content.Notices}
}

// text writes d in plain lines.
func (s *Sender) text(d notice.Delivery) string {
	var b strings.Builder
	for _, l := range s.lines(d) {
		fmt.Fprintf(&b, "%s: %s", l.Title, l.Said)
		for _, more := range []string{l.Detail, l.Of + ", " + l.At, l.Link} {
			if strings.Trim(more, ", ") != "" {
				b.WriteString("\n  " + more)
			}
		}
		b.WriteByte('\n')
	}
	if d.More > 0 {
		fmt.Fprintf(&b, "… and %d more.\n", d.More)
	}
	return b.String()
}

func footer(notices string) string {
	if notices == "" {
		return ""
	}
	return "\n-- \nWhat you are told of: " + notices + "\n"
}

// send gives a letter to the server.
func (m Mail) send(ctx context.Context, to string, l letter) (string, error) {
	if m.Host == "" {
		return "", tasks.Permanent(fault.New(fault.Invalid, "No mail server is set: see notify.smtp in the settings."))
	}
	msg, err := m.write(to, l)
	if err != nil {
		return "", tasks.Permanent(fault.New(fault.Invalid, "The e-mail cannot be addressed to %s.", notice.OneLine(to, 100)).Because(err))
	}
	client, err := m.client()
	if err != nil {
		return "", err
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return "", m.failure(err)
	}
	return cmp.Or(msg.ServerResponse(), "Accepted by the mail server."), nil
}

func (m Mail) write(to string, l letter) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(m.From); err != nil {
		return nil, err
	}
	if err := msg.To(to); err != nil {
		return nil, err
	}
	msg.Subject(notice.OneLine(l.Subject, 250))
	msg.SetDate()
	msg.SetMessageIDWithValue(l.ID + "@beadle")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if l.Unsubscribe != "" {
		msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+l.Unsubscribe+">")
	}
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	return msg, nil
}

func (m Mail) client() (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(m.Port), mail.WithTimeout(patience)}
	switch m.TLS {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.Trust != nil {
		options = append(options, mail.WithTLSConfig(m.Trust))
	}
	if m.Username != "" {
		password, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return nil, fault.New(fault.Invalid, "The file of notify.smtp.password_file cannot be read.").Because(err)
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.Username), mail.WithPassword(strings.TrimSpace(string(password))))
	}
	return mail.NewClient(m.Host, options...)
}

// failure tells what is worth another attempt.
func (m Mail) failure(err error) error {
	refusal, ok := errors.AsType[*mail.SendError](err)
	if ok && !refusal.IsTemp() && refusal.ErrorCode() >= 500 {
		return tasks.Permanent(fault.New(fault.Invalid, "The mail server refuses it: %s", notice.OneLine(err.Error(), 300)).Because(err))
	}
	return fault.New(fault.Unavailable, "The mail server %s does not take it: %s", m.Host, notice.OneLine(err.Error(), 300)).Because(err)
}
