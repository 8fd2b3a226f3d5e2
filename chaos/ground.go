package main

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
)

// A ground says where processes stand, by their names: what address they
// serve, and in which network namespace they are. Who has none is in that of
// this process.
type ground struct {
	addrs map[string]string
	netns map[string]string
}

// thisMachine is a ground with a free port for each name.
func thisMachine(names ...string) (ground, error) {
	ports, err := freePorts(len(names))
	g := ground{addrs: map[string]string{}}
	for i := range ports {
		g.addrs[names[i]] = ports[i]
	}
	return g, err
}

// on returns the command that runs cmd where the process stands. It replaces
// itself by cmd, so that the process id is that of cmd.
func (g ground) on(name string, cmd *exec.Cmd) *exec.Cmd {
	if g.netns[name] == "" {
		return cmd
	}
	there := exec.Command("ip", append([]string{"netns", "exec", g.netns[name]}, cmd.Args...)...)
	there.Dir, there.Env = cmd.Dir, cmd.Env
	return there
}

// lock gives the API of a site a token, without which it only serves its own
// machine.
func (t *site) lock() error {
	t.api.token = rand.Text()
	t.tokenFile = filepath.Join(t.dir, "token")
	return os.WriteFile(t.tokenFile, []byte(t.api.token), 0o600)
}
