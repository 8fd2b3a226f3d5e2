// Release builds what people download: for each platform one archive of the
// three programs, a list of what they are made of, and the checksums of all.
//
// What it makes depends on the commit and on the version of Go alone: the folder,
// the day and the machine leave no trace, so that anybody can build a release
// again and compare. `make release-check` does, from two clones.
//
//	go run ./scripts/release -out dist                  all platforms
//	go run ./scripts/release -platforms linux/amd64     one
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// programs are what a release consists of.
var programs = []string{"jobctl", "scheduler", "worker"}

// beside are the files that go with them.
var beside = []string{"README.md", "CHANGELOG.md", "deploy/beadle.example.yaml"}

const every = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64"

func main() {
	out := flag.String("out", "dist", "folder for what is made; files of an earlier release in it are removed")
	platforms := flag.String("platforms", every, "what to build for, as os/arch, separated by commas")
	flag.Parse()
	if err := release(*out, strings.Split(*platforms, ",")); err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

func release(out string, platforms []string) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, platform := range platforms {
		if err := one(out, platform); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
	}
	return writeSums(out)
}

// one makes the archive of a platform, and the list of what is in it.
func one(out, platform string) error {
	system, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return fmt.Errorf("not of the form os/arch")
	}
	bin, err := os.MkdirTemp("", "beadle-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	if err := build(bin, system, arch); err != nil {
		return err
	}
	about, err := readAbout(bin)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("beadle_%s_%s_%s", about.version, system, arch)
	if err := writeBOM(filepath.Join(out, name+".cdx.json"), about, platform); err != nil {
		return err
	}
	fmt.Println(name)
	return writeArchive(filepath.Join(out, name+".tar.gz"), name, about.at, files(bin))
}

// build compiles the programs, with nothing of this machine in them.
func build(bin, system, arch string) error {
	args := []string{"build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w -buildid=", "-o", bin + string(filepath.Separator)}
	for _, program := range programs {
		args = append(args, "./cmd/"+program)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS="+system, "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// An about is what programs say of themselves.
type about struct {
	version, revision, goVersion string
	at                           time.Time // of the commit
	modules                      []module
}

// A module is a dependency that is linked in.
type module struct{ path, version, sum string }

// readAbout reads the build info of the programs: one version, and all that any
// of them is made of.
func readAbout(bin string) (all about, err error) {
	for _, program := range programs {
		info, err := buildinfo.ReadFile(filepath.Join(bin, program))
		if err != nil {
			return all, err
		}
		all.add(info)
	}
	if all.at.IsZero() {
		return all, fmt.Errorf("the programs do not say what commit they are of: build in a clone of the repository")
	}
	slices.SortFunc(all.modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	all.modules = slices.Compact(all.modules)
	return all, nil
}

func (a *about) add(info *buildinfo.BuildInfo) {
	a.version, a.goVersion = info.Main.Version, info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			a.revision = s.Value
		case "vcs.time":
			a.at, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		a.modules = append(a.modules, module{m.Path, m.Version, m.Sum})
	}
}

// writeSums writes SHA256SUMS, which `sha256sum -c` reads.
func writeSums(out string) error {
	entries, err := os.ReadDir(out) // by name
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, entry := range entries {
		sum, err := sumOf(filepath.Join(out, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sum, entry.Name())
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(text.String()), 0o644)
}

func sumOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return hash.Sum(nil), err
}
