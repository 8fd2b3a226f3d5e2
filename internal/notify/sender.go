package notify

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Deliveries is where a sender reads what to send, and writes how it went.
type Deliveries interface {
	Delivery(ctx context.Context, id string) (notice.Delivery, error)
	NoticeRule(ctx context.Context, name string) (notice.Rule, error)
	Attempted(ctx context.Context, d notice.Delivery) error
}

// A Sender makes attempts at deliveries. All fields but LocalEmail and PublicURL
// are required.
type Sender struct {
	Deliveries Deliveries
	People     People
	Mail       Mail
	HTTP       *http.Client // that of a [Guard]
	PublicURL  string       // of the pages; empty: messages have no links
	LocalEmail string       // of who does things where no access is configured
	Now        func() time.Time
}

// Deliver makes one attempt at a delivery. One that was sent is not sent again.
func (s *Sender) Deliver(ctx context.Context, id string) error {
	d, err := s.Deliveries.Delivery(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return tasks.Permanent(err)
	}
	if err != nil || d.State == notice.Sent {
		return err
	}
	answer, sending := s.send(ctx, d)
	if ctx.Err() != nil && sending != nil {
		return sending // told to stop: it says nothing about the recipient
	}
	d.Answer, d.Next = notice.OneLine(answer, longestAnswer), nil
	switch {
	case sending == nil:
		d.State, d.Sent = notice.Sent, new(s.Now())
	case tasks.IsPermanent(sending):
		d.State, d.Answer = notice.Given, said(sending)
	default:
		d.State, d.Answer = notice.Retrying, said(sending)
	}
	return errors.Join(sending, s.Deliveries.Attempted(context.WithoutCancel(ctx), d))
}

// longestAnswer is how much of an answer is kept, in runes.
const longestAnswer = 500

func said(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return notice.OneLine(f.Msg, longestAnswer)
	}
	return notice.OneLine(err.Error(), longestAnswer)
}

// send sends d by its channel and returns what was answered.
func (s *Sender) send(ctx context.Context, d notice.Delivery) (answer string, err error) {
	switch d.Channel {
	case notice.ToPerson:
		address, err := s.address(ctx, d.To)
		if err != nil {
			return "", err
		}
		return s.Mail.send(ctx, address, s.letter(d))
	case notice.ToEmail:
		return s.Mail.send(ctx, d.To, s.letter(d))
	}
	r, err := s.Deliveries.NoticeRule(ctx, d.Rule)
	if fault.KindOf(err) == fault.NotFound {
		return "", tasks.Permanent(fault.New(fault.NotFound, "The rule %s is gone, and with it what is needed to send this.", d.Rule))
	}
	if err != nil {
		return "", err
	}
	if r.Channel != d.Channel || r.To != d.To {
		return "", tasks.Permanent(fault.New(fault.Conflict, "The rule %s sends elsewhere now.", d.Rule))
	}
	if d.Channel == notice.Chat {
		return s.chat(ctx, r, d)
	}
	return s.webhook(ctx, r, d)
}

// address returns where a person reads e-mail.
func (s *Sender) address(ctx context.Context, name string) (string, error) {
	address := s.LocalEmail
	if name != auth.Local.Name && name != auth.Installation.Name {
		p, err := s.People.Person(ctx, name)
		if fault.KindOf(err) == fault.NotFound || err == nil && p.Disabled {
			return "", tasks.Permanent(fault.New(fault.NotFound, "There is nobody called %s any more.", name))
		}
		if err != nil {
			return "", err
		}
		address = p.Email
	}
	if address == "" {
		return "", tasks.Permanent(fault.New(fault.Invalid, "%s has no e-mail address.", name))
	}
	return address, nil
}

// link returns the address of a page; empty where the public one is not set.
func (s *Sender) link(path string) string {
	if s.PublicURL == "" || path == "" {
		return ""
	}
	return strings.TrimSuffix(s.PublicURL, "/") + path
}
