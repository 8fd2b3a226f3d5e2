package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// An authority signs certificates for the loopback.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir(), key: newKey(t)}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(raw)
	a.write(t, "ca.crt", "CERTIFICATE", raw)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes name.crt and name.key.
func (a *authority) issue(t *testing.T, name string) (cert, key string) {
	t.Helper()
	own := newKey(t)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, a.cert, own.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return a.write(t, name+".crt", "CERTIFICATE", raw), a.write(t, name+".key", "PRIVATE KEY", secret)
}

func (a *authority) write(t *testing.T, file, kind string, raw []byte) string {
	t.Helper()
	path := filepath.Join(a.dir, file)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// trusting returns a client that believes this authority, and says which serial
// number it was shown.
func (a *authority) trusting() *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true, ForceAttemptHTTP2: true}}
}

func TestServesWithTheCertificateThatItsFilesHoldNow(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue(t, "scheduler")
	own := config.ListenTLS{CertFile: cert, KeyFile: key}
	plain, err := app.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	l, err := app.OverTLS(plain, own, app.Logger(&said, slog.LevelInfo))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		served <- app.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.Proto)) }))
	}()
	url := app.URL(l, config.Config{ListenTLS: own})
	shown := func() string {
		t.Helper()
		answer, err := a.trusting().Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.Proto != "HTTP/2.0" {
			t.Errorf("it speaks %s, want HTTP/2.0", answer.Proto)
		}
		return answer.TLS.PeerCertificates[0].SerialNumber.String()
	}
	first := shown()
	a.issue(t, "scheduler")
	second := shown()
	if second == first {
		t.Error("the renewed certificate is not shown")
	}
	os.WriteFile(cert, []byte("half of"), 0o644)
	if shown() != second || !strings.Contains(said.String(), "cannot be read again") {
		t.Errorf("while the file is being written another certificate is shown than the last, or nothing is said: %s", said.String())
	}
	if strings.HasPrefix(url, "http://") {
		t.Errorf("it says that it is at %s", url)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestRefusesFilesThatCannotSecureAnything(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue(t, "good")
	_, other := a.issue(t, "other")
	for name, tt := range map[string]struct {
		url  string
		own  config.RedisTLS
		want string
	}{
		"no TLS in the address":       {"redis://127.0.0.1", config.RedisTLS{CAFile: cert}, "write it as rediss://"},
		"no file":                     {"rediss://127.0.0.1", config.RedisTLS{CAFile: "/nowhere"}, "redis_tls.ca_file: the file /nowhere cannot be read"},
		"no certificate in it":        {"rediss://127.0.0.1", config.RedisTLS{CAFile: key}, "has no certificate"},
		"the key of another":          {"rediss://127.0.0.1", config.RedisTLS{CertFile: cert, KeyFile: other}, "cannot be used"},
		"the key of another, of ours": {"rediss://s?master_name=main", config.RedisTLS{CertFile: cert, KeyFile: other}, "cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			c := at(tt.url)
			c.RedisTLS = tt.own
			_, err := app.Dial(c)
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := app.OverTLS(nil, config.ListenTLS{CertFile: cert, KeyFile: other}, slog.New(slog.DiscardHandler)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("listen_tls with the key of another: %v", err)
	}
}

func TestAPasswordIsNotInTheErrorAboutItsAddress(t *testing.T) {
	for _, url := range []string{"http://beadle:s3cret@redis", "redis://beadle:s3cret@redis/x", "redis://beadle:s3c ret@redis", "redis://beadle:s3cret@s/x?master_name=m"} {
		file := filepath.Join(t.TempDir(), "redis.url")
		os.WriteFile(file, []byte(url+"\n"), 0o600)
		_, err := app.Dial(config.Config{RedisFile: file})
		if fault.KindOf(err) != fault.Invalid || strings.Contains(app.Sentence(err), "s3c") {
			t.Errorf("%v", err)
		}
	}
}

func TestTheHealthCommandSaysWhatAProcessSays(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue(t, "scheduler")
	plain, err := app.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	own := config.ListenTLS{CertFile: cert, KeyFile: key}
	l, err := app.OverTLS(plain, own, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	status, body := http.StatusOK, `{"ready":true}`
	go app.Serve(t.Context(), l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	ask := func() (string, error) {
		var out bytes.Buffer
		cmd := app.HealthCmd("worker", "http://127.0.0.1:1")
		cmd.SetArgs([]string{app.URL(l, config.Config{ListenTLS: own})})
		cmd.SetOut(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	if said, err := ask(); err != nil || said != "ready\n" {
		t.Errorf("ready: %q %v", said, err)
	}
	status, body = http.StatusServiceUnavailable, `{"ready":false,"reasons":["Redis does not answer."]}`
	if _, err := ask(); err == nil || !strings.HasSuffix(err.Error(), "is not ready. Redis does not answer.") {
		t.Errorf("not ready: %v", err)
	}
}
