package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// A network is machines that are network namespaces, on two bridges: the
// installation's own network, and one that leads outside, to the system that
// jobs write to. Both bridges are in the namespace of this process, which is
// one of its own, so that nothing of the machine's network is touched.
type network struct {
	prefix string         // of the names of its namespaces
	number map[string]int // of each host: the last part of its addresses
}

// The addresses of the two networks. Nobody else sees them.
const (
	inside  = "10.213.0."
	outside = "10.214.0."
)

// newNetwork makes a namespace for each host. Those that outgoing names reach
// the outside too.
func newNetwork(prefix string, hosts, outgoing []string) (*network, error) {
	n := &network{prefix: prefix, number: map[string]int{}}
	steps := [][]string{{"link", "set", "lo", "up"}}
	steps = append(steps, bridge(inside)...)
	steps = append(steps, bridge(outside)...)
	for i, name := range hosts {
		n.number[name] = i + 2
		steps = append(steps, []string{"netns", "add", n.netns(name)}, []string{"-n", n.netns(name), "link", "set", "lo", "up"})
		steps = append(steps, n.cable(name, inside)...)
		if slices.Contains(outgoing, name) {
			steps = append(steps, n.cable(name, outside)...)
		}
	}
	for _, step := range steps {
		if err := ip(step...); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// A bridge joins the cables of one network; this process is its first host.
func bridge(network string) [][]string {
	name := bridgeOf(network)
	return [][]string{
		{"link", "add", name, "type", "bridge"},
		{"address", "add", network + "1/24", "dev", name},
		{"link", "set", name, "up"},
	}
}

func bridgeOf(network string) string { return "br-" + strings.Split(network, ".")[1] }

// cable connects a host to a network.
func (n *network) cable(host, network string) [][]string {
	here, there, netns := n.plug(host, network), "eth-"+strings.Split(network, ".")[1], n.netns(host)
	return [][]string{
		{"link", "add", here, "type", "veth", "peer", "name", there, "netns", netns},
		{"link", "set", here, "master", bridgeOf(network), "up"},
		{"-n", netns, "address", "add", network + strconv.Itoa(n.number[host]) + "/24", "dev", there},
		{"-n", netns, "link", "set", there, "up"},
	}
}

// plug is the end of a cable at the bridge.
func (n *network) plug(host, network string) string {
	return strings.Split(network, ".")[1] + "-" + strconv.Itoa(n.number[host])
}

func (n *network) netns(host string) string { return n.prefix + host }

// addr is where a host serves that port, inside.
func (n *network) addr(host string, port int) string {
	return inside + strconv.Itoa(n.number[host]) + ":" + strconv.Itoa(port)
}

// unplug pulls a host's cable to the inside: nothing gets through, and nobody
// is told.
func (n *network) unplug(host string) error { return ip("link", "set", n.plug(host, inside), "down") }

// plugIn puts it back.
func (n *network) plugIn(host string) error { return ip("link", "set", n.plug(host, inside), "up") }

// ip runs the program of that name.
func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
