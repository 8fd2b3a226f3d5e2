package testservers

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
)

// debianPostgres is where Debian puts the server programs, which are not in
// PATH.
const debianPostgres = "/usr/lib/postgresql/*/bin"

// postgresServer is the one PostgreSQL of this test binary.
var postgresServer = sync.OnceValues(startPostgres)

// Postgres returns the URL of an empty schema of this test's own in a real
// PostgreSQL. Tests that use it may run in parallel.
func Postgres(t testing.TB) string {
	t.Helper()
	server := PostgresServer(t)
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatalf("create schema: %v", err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Errorf("drop schema: %v", err)
		}
		db.Close()
	})
	return server + "&search_path=" + schema
}

// PostgresServer returns the URL of a real PostgreSQL, for what lasts longer
// than one test.
func PostgresServer(t testing.TB) string {
	t.Helper()
	if _, ok := find("initdb", debianPostgres); !ok {
		missing(t, "postgresql")
	}
	server, err := postgresServer()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return server
}

func startPostgres() (url string, err error) {
	dir, err := os.MkdirTemp("", "beadle-postgres-")
	if err != nil {
		return "", err
	}
	account, err := serverAccount(dir)
	if err != nil {
		return "", err
	}
	initdb, _ := find("initdb", debianPostgres)
	data := filepath.Join(dir, "data")
	init := as(account, exec.Command(initdb, "-D", data, "-U", "beadle", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"))
	if out, err := init.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	postgres := filepath.Join(filepath.Dir(initdb), "postgres")
	server := as(account, exec.Command(postgres, "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", dir, "-F",
		"-c", "max_connections=200", "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "full_page_writes=off"))
	err = start(server, "127.0.0.1:"+strconv.Itoa(port), syscall.SIGINT)
	onExit(func() { os.RemoveAll(dir) })
	if err != nil {
		return "", err
	}
	url = fmt.Sprintf("postgres://beadle@127.0.0.1:%d/postgres?sslmode=disable", port)
	return url, ready(url)
}

// ready waits until the server has finished starting up.
func ready(url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	for range 500 {
		if err = db.Ping(); err == nil {
			return nil
		}
		pause()
	}
	return err
}

// serverAccount returns the account that the server runs as, and gives it dir:
// PostgreSQL refuses to run as root, so that Debian's own account is used then.
func serverAccount(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

func as(account *syscall.Credential, cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	return cmd
}
