package builtin

import (
	"time"

	delivery "github.com/beadle-jobs/beadle/internal/builtin/notify"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/notify"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Notices returns the task that delivers notices.
func Notices(c config.Config, l *ledger.Ledger) tasks.Task {
	guard := notify.Guard{Allow: c.Notify.Private(), Ports: c.Notify.Ports}
	return delivery.Task(&notify.Sender{
		Deliveries: l, People: l, Mail: mailOf(c.Notify.SMTP), HTTP: guard.Client(),
		PublicURL: c.PublicURL, LocalEmail: c.Notify.LocalEmail, Now: time.Now,
	})
}

func mailOf(s config.SMTP) notify.Mail {
	return notify.Mail{Host: s.Host, Port: s.Port, From: s.From, Username: s.Username, PasswordFile: s.PasswordFile, TLS: s.TLS}
}
