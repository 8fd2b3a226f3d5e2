package ledger

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

const deviceColumns = `code, machine, address, created_at, expires_at, wait, asked_at, state, person`

func scanDevice(r row) (d auth.DeviceLogin, err error) {
	var created, expires, wait, asked int64
	err = r.Scan(&d.Code, &d.Machine, &d.Address, &created, &expires, &wait, &asked, &d.State, &d.Person)
	d.Created, d.Expires, d.Asked, d.Interval = instant(created), instant(expires), instant(asked), time.Duration(wait)*time.Millisecond
	return d, err
}

// AddDeviceLogin keeps a login under the hash of its secret, and forgets those
// that had expired by then. It refuses a code that another one has, and more
// than most that nobody has decided on.
func (l *Ledger) AddDeviceLogin(ctx context.Context, hash string, d auth.DeviceLogin, most int) error {
	if _, err := l.write.ExecContext(ctx, `DELETE FROM device_logins WHERE expires_at < $1`, millis(d.Created)); err != nil {
		return wrap(err, "forget device logins")
	}
	added, err := changed(l.write.ExecContext(ctx, `INSERT INTO device_logins (hash, `+deviceColumns+`)
		SELECT $1, $2, $3, $4, CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), $9, $10 WHERE (SELECT COUNT(*) FROM device_logins WHERE state = $11) < CAST($12 AS BIGINT)
		ON CONFLICT (code) DO NOTHING`,
		hash, key(d.Code), key(d.Machine), key(d.Address), millis(d.Created), millis(d.Expires), d.Interval.Milliseconds(), millis(d.Asked), d.State, key(d.Person),
		auth.DevicePending, most))
	if err == nil && !added {
		return fault.New(fault.Unavailable, "Too many programs ask to be let in at the moment; try again in a few minutes.")
	}
	return wrap(err, "add device login")
}

// DeviceLogin returns the login of a secret with that hash.
func (l *Ledger) DeviceLogin(ctx context.Context, hash string) (auth.DeviceLogin, error) {
	return l.deviceLogin(ctx, `hash`, hash)
}

// DeviceLoginOfCode returns the login that a person names by its code.
func (l *Ledger) DeviceLoginOfCode(ctx context.Context, code string) (auth.DeviceLogin, error) {
	return l.deviceLogin(ctx, `code`, key(code))
}

func (l *Ledger) deviceLogin(ctx context.Context, column, value string) (d auth.DeviceLogin, err error) {
	found, err := list(ctx, l.read, scanDevice, `SELECT `+deviceColumns+` FROM device_logins WHERE `+column+` = $1`, value)
	if err != nil {
		return d, wrap(err, "read device login")
	}
	if len(found) == 0 {
		return d, fault.New(fault.NotFound, "No program asks with that code.")
	}
	return found[0], nil
}

// AskedDeviceLogin keeps when a program asked last, and how long it has to wait.
func (l *Ledger) AskedDeviceLogin(ctx context.Context, hash string, at time.Time, wait time.Duration) error {
	_, err := l.write.ExecContext(ctx, `UPDATE device_logins SET asked_at = $2, wait = $3 WHERE hash = $1`, hash, millis(at), wait.Milliseconds())
	return wrap(err, "keep when a device asked")
}

// MoveDeviceLogin brings the login of a code from one state to another, and
// reports whether it was in the one. Of several who try, one succeeds.
func (l *Ledger) MoveDeviceLogin(ctx context.Context, code, from, to, person string) (bool, error) {
	moved, err := changed(l.write.ExecContext(ctx, `UPDATE device_logins SET state = $3, person = $4 WHERE code = $1 AND state = $2`, key(code), from, to, key(person)))
	return moved, wrap(err, "settle device login")
}
