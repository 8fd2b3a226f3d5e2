package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// insideOf is the variable that tells the inner program which outer one made
// its network.
const insideOf = "CHAOS_NETWORK_OF"

// namespaces is where ip netns keeps them.
const namespaces = "/run/netns"

// prefixOf begins the names of the namespaces that a process makes.
func prefixOf(pid int) string { return "beadle-" + strconv.Itoa(pid) + "-" }

// inNewNetwork runs this program again, in a network namespace of its own, and
// removes what it leaves behind, however it ends.
func inNewNetwork(ctx context.Context) (ok bool, err error) {
	if err := canMakeNetworks(); err != nil {
		return false, err
	}
	sweepNamespaces()
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideOf+"="+strconv.Itoa(os.Getpid()))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	defer removeNamespaces(prefixOf(os.Getpid()))
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("make a network: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })()
	err = cmd.Wait()
	if _, said := errors.AsType[*exec.ExitError](err); said {
		return false, nil // the inner program has said why
	}
	return err == nil, err
}

// canMakeNetworks says what is missing.
func canMakeNetworks() error {
	if os.Getuid() != 0 {
		return errors.New("network namespaces need root; run it with sudo")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return errors.New("the program ip is missing; install it with: sudo apt-get install -y iproute2")
	}
	return nil
}

// sweepNamespaces removes namespaces of runs that were killed.
func sweepNamespaces() {
	all, _ := filepath.Glob(namespaces + "/beadle-*-*") // the pattern is right
	for _, path := range all {
		pid, err := strconv.Atoi(strings.Split(filepath.Base(path), "-")[1])
		if err == nil && syscall.Kill(pid, 0) != nil {
			removeNamespaces(prefixOf(pid))
		}
	}
}

func removeNamespaces(prefix string) {
	all, _ := filepath.Glob(namespaces + "/" + prefix + "*") // the pattern is right
	for _, path := range all {
		if err := ip("netns", "delete", filepath.Base(path)); err != nil {
			fmt.Println(err)
		}
	}
}
