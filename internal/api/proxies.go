package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// forwarded are the headers with which a proxy says who asked it, and how.
var forwarded = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded"}

// proxied has behind it requests as the first proxy of ours was sent them: from
// the address of the visitor, and with X-Forwarded-Proto only where it is true.
// What others than our proxies say of themselves in such headers is taken out.
func (o GuardOptions) proxied(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.isProxy(peerOf(r)) {
			for _, name := range forwarded {
				r.Header.Del(name)
			}
			next.ServeHTTP(w, r)
			return
		}
		if visitor, ok := o.visitor(r.Header.Values("X-Forwarded-For")); ok {
			r.RemoteAddr = net.JoinHostPort(visitor.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

// peerOf is who opened the connection; of no address if that is no network.
func peerOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr()
}

func (o GuardOptions) isProxy(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(o.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// visitor returns the last address in the headers that is not one of our
// proxies: what stands before it, anybody can have written.
func (o GuardOptions) visitor(headers []string) (last netip.Addr, found bool) {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(hop), "[]"))
		if err != nil {
			return last, found
		}
		last, found = a.Unmap().WithZone(""), true
		if !o.isProxy(last) {
			return last, true
		}
	}
	return last, found
}
