package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const clientColumns = `name, title, disabled, created_at`

func scanClient(r row) (c job.Client, err error) {
	var disabled, created int64
	err = r.Scan(&c.Name, &c.Title, &disabled, &created)
	c.Disabled, c.Created = disabled != 0, instant(created)
	return c, err
}

// Clients returns all clients by name.
func (l *Ledger) Clients(ctx context.Context) ([]job.Client, error) {
	clients, err := list(ctx, l.read, scanClient, `SELECT `+clientColumns+` FROM clients ORDER BY name`)
	return clients, wrap(err, "list clients")
}

// Client returns one client.
func (l *Ledger) Client(ctx context.Context, name string) (job.Client, error) {
	c, err := scanClient(l.read.QueryRowContext(ctx, `SELECT `+clientColumns+` FROM clients WHERE name = $1`, key(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, "There is no client %q.", name).In("client")
	}
	return c, wrap(err, "read client %s", name)
}

// UsableClient reports why the client cannot have new jobs, if it cannot: there
// is none of that name, or it is disabled. The empty name is the default client.
func (l *Ledger) UsableClient(ctx context.Context, name string) error {
	c, err := l.Client(ctx, cmp.Or(name, job.DefaultClient))
	if err != nil {
		return err
	}
	if c.Disabled {
		return fault.New(fault.Conflict, "The client %q is disabled and takes no new jobs.", name).In("client")
	}
	return nil
}

// CreateClient adds a client and returns it as it is recorded.
func (l *Ledger) CreateClient(ctx context.Context, c job.Client) (job.Client, error) {
	if !job.ValidClientName(c.Name) {
		return c, fault.New(fault.Invalid, "%q is no client name: 1 to 50 lower case letters, digits and hyphens.", c.Name).In("name")
	}
	created := time.UnixMilli(cmp.Or(millis(c.Created), time.Now().UnixMilli()))
	ok, err := changed(l.write.ExecContext(ctx,
		`INSERT INTO clients (`+clientColumns+`) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING`,
		c.Name, title(c), flag(c.Disabled), millis(created)))
	if err == nil && !ok {
		return c, fault.New(fault.Conflict, "There already is a client %q.", c.Name).In("name")
	}
	if err != nil {
		return c, wrap(err, "create client %s", c.Name)
	}
	return l.Client(ctx, c.Name)
}

// EditClient changes the title of a client and whether it is disabled, and
// returns it as it is then.
func (l *Ledger) EditClient(ctx context.Context, c job.Client) (job.Client, error) {
	_, err := l.write.ExecContext(ctx, `UPDATE clients SET title = $1, disabled = $2 WHERE name = $3`,
		title(c), flag(c.Disabled), key(c.Name))
	if err != nil {
		return c, wrap(err, "edit client %s", c.Name)
	}
	return l.Client(ctx, c.Name)
}

// DisableClient stops new jobs of a client. Those that it has go on.
func (l *Ledger) DisableClient(ctx context.Context, name string) (job.Client, error) {
	_, err := l.write.ExecContext(ctx, `UPDATE clients SET disabled = 1 WHERE name = $1`, key(name))
	if err != nil {
		return job.Client{}, wrap(err, "disable client %s", name)
	}
	return l.Client(ctx, name)
}

// title returns what people call the client, which is its name unless it has
// a title.
func title(c job.Client) string { return key(cmp.Or(c.Title, c.Name)) }
