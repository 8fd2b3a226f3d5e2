package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// debianPostgres is where Debian puts the server programs, which are not in
// PATH.
const debianPostgres = "/usr/lib/postgresql/*/bin"

// A database is a PostgreSQL as it is after initdb: nothing is tuned, nothing
// left out for speed.
type database struct {
	programs string // their folder
	data     string
	addr     string
}

// newDatabase makes an empty one in dir.
func newDatabase(dir, addr string) (d database, err error) {
	d = database{data: filepath.Join(dir, "postgres"), addr: addr}
	if d.programs, err = postgresPrograms(); err != nil {
		return d, err
	}
	// The server's own account has to reach its folder, and only that.
	if err := errors.Join(os.Chmod(dir, 0o711), os.Mkdir(d.data, 0o700)); err != nil {
		return d, err
	}
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "postgres:", d.data).CombinedOutput(); err != nil {
			return d, fmt.Errorf("give PostgreSQL its folder: %w: %s", err, out)
		}
	}
	init := d.command("initdb", "-D", d.data, "-U", "beadle", "-A", "trust", "-E", "UTF8", "--locale=C")
	if out, err := init.CombinedOutput(); err != nil {
		return d, fmt.Errorf("make a database: %w: %s", err, out)
	}
	return d, d.trustNeighbours()
}

// trustNeighbours lets in who is in the same network; it ends with the run.
func (d database) trustNeighbours() error {
	f, err := os.OpenFile(filepath.Join(d.data, "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("host all all samenet trust\n")
	return errors.Join(err, f.Close())
}

// postgresPrograms returns their folder.
func postgresPrograms() (string, error) {
	folders, _ := filepath.Glob(debianPostgres) // the pattern is right
	for _, folder := range append(folders, filepath.SplitList(os.Getenv("PATH"))...) {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil {
			return folder, nil
		}
	}
	return "", errors.New("PostgreSQL is not installed; make deps brings it")
}

func (d database) url() string { return "postgres://beadle@" + d.addr + "/postgres?sslmode=disable" }

func (d database) serve(string) *exec.Cmd {
	host, port, _ := net.SplitHostPort(d.addr) // made by us
	return d.command("postgres", "-D", d.data, "-h", host, "-p", port, "-k", d.data)
}

// command runs one of the programs, which refuse to be run by root: then as the
// account that Debian has for them.
func (d database) command(program string, args ...string) *exec.Cmd {
	args = append([]string{filepath.Join(d.programs, program)}, args...)
	if os.Getuid() == 0 {
		args = append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "LC_ALL=C")
	return cmd
}

// startPostgres starts it and waits until it answers.
func (t *site) startPostgres(ctx context.Context) error {
	if err := t.postgres.Begin(); err != nil {
		return err
	}
	log := filepath.Join(t.dir, t.postgres.Name+".log")
	return until(ctx, "PostgreSQL", func() bool {
		said, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(said), "ready to accept connections")
	})
}
