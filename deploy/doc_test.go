// Package deploy checks the files that installations are made of, as the tools
// read them that will: Compose's own loader, Kubernetes' types, kustomize,
// systemd. It is a module of its own, so that the product needs none of those.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// repository is the root of the product.
const repository = ".."

// toRun finds the commands of a page that are run.
var toRun = regexp.MustCompile("(?s)<!-- run -->\n```sh\n(.*?)```")

// installed returns a folder in which the commands of a page were run that can
// be run here.
func installed(t *testing.T, page string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"deploy", "docker-compose.yml"} {
		if err := os.Symlink(filepath.Join(root, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	blocks := toRun.FindAllStringSubmatch(read(t, "docs/deploy/"+page), -1)
	if len(blocks) == 0 {
		t.Fatalf("docs/deploy/%s has no commands to run", page)
	}
	for _, block := range blocks {
		sh := exec.Command("bash", "-euo", "pipefail", "-c", block[1])
		sh.Dir = dir
		if said, err := sh.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n%s", err, block[1], said)
		}
	}
	return dir
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// looksSecret finds names that hold secrets.
var looksSecret = regexp.MustCompile(`(?i)password|secret|token|key`)

// namesAFile reports whether a variable that looks secret holds the place of
// one.
func namesAFile(name, value string) bool {
	return !looksSecret.MatchString(name) || strings.HasSuffix(name, "_FILE") || strings.HasPrefix(value, "/")
}
