package notify

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"testing"
)

func TestAGuardPermitsOnlyWhatIsPublic(t *testing.T) {
	g := Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}, Ports: []int{443}}
	for address, want := range map[string]bool{
		"93.184.215.14:443": true, "[2606:2800:21f:cb07::1]:443": true, "10.1.2.3:443": true,
		"93.184.215.14:22": false, "10.1.3.3:443": false,
		"127.0.0.1:443": false, "127.8.8.8:443": false, "0.0.0.0:443": false, "[::1]:443": false, "[::]:443": false,
		"192.168.1.1:443": false, "172.16.0.1:443": false, "[fd00::1]:443": false, "[fe80::1%eth0]:443": false, "[fec0::1]:443": false,
		"169.254.169.254:443": false, "168.63.129.16:443": false, "100.64.0.1:443": false, "100.100.100.200:443": false,
		"224.0.0.1:443": false, "239.1.1.1:443": false, "255.255.255.255:443": false, "240.0.0.1:443": false, "[ff02::1]:443": false,
		"[::ffff:127.0.0.1]:443": false, "[::ffff:10.0.0.1]:443": false, "[::ffff:10.1.2.3]:443": true, "[::127.0.0.1]:443": false,
		"[64:ff9b::7f00:1]:443": false, "[2002:7f00:1::]:443": false, "[2001::1]:443": false, "[2001:db8::1]:443": false,
		"198.18.0.1:443": false, "192.0.2.1:443": false,
	} {
		if err := g.Permits(netip.MustParseAddrPort(address)); (err == nil) != want {
			t.Errorf("%s: %v, want permitted %t", address, err, want)
		}
	}
}

// serve returns a server on loopback and a client that may reach it.
func serve(t *testing.T, h http.HandlerFunc) (string, *http.Client) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return server.URL, Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{port}}.Client()
}
