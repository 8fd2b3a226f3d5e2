package notify

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// A Guard decides where connections to addresses of people may lead. It looks at
// the address that a name has turned out to be, at the moment of the connection,
// so that a name which means something else by then does not help.
type Guard struct {
	Allow []netip.Prefix // networks that may be reached although they are private
	Ports []int
}

// refused are networks that no public service is in, besides those that
// [netip.Addr] knows about itself.
var refused = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32", // metadata of a cloud, at an address that looks public
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// public is where IPv6 has public services.
var public = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// Permits reports whether a connection to that address may be made.
func (g Guard) Permits(to netip.AddrPort) error {
	if !slices.Contains(g.Ports, int(to.Port())) {
		return fmt.Errorf("port %d is not among those of notify.ports", to.Port())
	}
	a := to.Addr().Unmap().WithZone("")
	if within(g.Allow, a) {
		return nil
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || within(refused, a) || a.Is6() && !public.Contains(a) {
		return fmt.Errorf("%s is a private or special address; notify.allow_private names those that may be reached", a)
	}
	return nil
}

func within(all []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(a) })
}

// control is asked before each connection, with the address and not the name.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil {
		err = g.Permits(to)
	}
	if err != nil {
		return refusal{err}
	}
	return nil
}

// A refusal is a connection that is not to be made, now or later.
type refusal struct{ error }

// patience is how long a message may take.
const patience = 10 * time.Second

// Client returns an HTTP client that reaches what g permits, follows nobody
// elsewhere, and uses no proxy, which would resolve names by itself.
func (g Guard) Client() *http.Client {
	dialer := &net.Dialer{Timeout: patience, Control: g.control}
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience,
			MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
