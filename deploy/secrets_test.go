package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An upgrade gives Redis what the new version needs, and takes no user away.
func TestSecretsAreMadeAgainWithoutHarm(t *testing.T) {
	dir := t.TempDir()
	makeSecrets := func() (password, users string) {
		if said, err := exec.Command("./make-secrets", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		return contents(t, filepath.Join(dir, "redis.password")), contents(t, filepath.Join(dir, "redis.acl"))
	}
	password, users := makeSecrets()

	const own = "user sentinel on >secret allchannels +ping\n"
	older := strings.Replace(users, " +wait", "", 1) + own
	if err := os.WriteFile(filepath.Join(dir, "redis.acl"), []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
	again, upgraded := makeSecrets()
	if again != password {
		t.Error("the password is another")
	}
	if upgraded != users+own {
		t.Errorf("the users are\n%s\nwant\n%s", upgraded, users+own)
	}
}

func contents(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
