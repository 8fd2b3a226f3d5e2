package config_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
)

func TestAProviderIsReachedOverTLS(t *testing.T) {
	for issuer, fine := range map[string]bool{
		"https://login.example.edu": true, "http://login.example.edu": false, "http://10.0.0.1/realm": false,
		"http://127.0.0.1:5556/dex": true, "http://[::1]:5556": true, "http://localhost:5556": true, "ftp://login.example.edu": false,
	} {
		c := config.Default()
		c.PublicURL = "https://jobs.example.edu"
		c.Access.OIDC.Issuer, c.Access.OIDC.Name, c.Access.OIDC.ClientID = issuer, "Campus", "beadle"
		c.Access.OIDC.Roles = []config.OIDCRole{{Group: "it", Role: "viewer"}}
		if err := c.Validate(); (err == nil) != fine {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func TestProxiesAreNetworks(t *testing.T) {
	c := config.Default()
	c.Proxies = []string{"10.0.0.0/8", "proxy.example.edu"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `proxies has "proxy.example.edu"`) {
		t.Errorf("got %v", err)
	}
}
