package app

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"sync/atomic"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// secure has a client's TLS, nil where the address asks for none, keep to the
// settings.
func secure(client *tls.Config, own config.RedisTLS) error {
	if own == (config.RedisTLS{}) {
		return nil
	}
	if client == nil {
		return fault.New(fault.Invalid, "redis_tls is set, and the address of Redis asks for no TLS: write it as rediss://….")
	}
	if own.CAFile != "" {
		authorities, err := authoritiesOf(own.CAFile)
		if err != nil {
			return err
		}
		client.RootCAs = authorities
	}
	if own.CertFile != "" {
		if _, err := readPair("redis_tls", own.CertFile, own.KeyFile); err != nil {
			return err
		}
		client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return readPair("redis_tls", own.CertFile, own.KeyFile)
		}
	}
	return nil
}

func authoritiesOf(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "redis_tls.ca_file: the file %s cannot be read.", file).Because(err)
	}
	all := x509.NewCertPool()
	if !all.AppendCertsFromPEM(text) {
		return nil, fault.New(fault.Invalid, "redis_tls.ca_file: the file %s has no certificate in PEM form.", file)
	}
	return all, nil
}

// OverTLS returns l with the certificate of the settings in front, if they name
// one. A certificate that is renewed in its files counts from the next
// connection on.
func OverTLS(l net.Listener, own config.ListenTLS, log *slog.Logger) (net.Listener, error) {
	if own.CertFile == "" {
		return l, nil
	}
	first, err := readPair("listen_tls", own.CertFile, own.KeyFile)
	if err != nil {
		return nil, err
	}
	shown := &certificate{own: own, log: log}
	shown.good.Store(first)
	return tls.NewListener(l, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return shown.newest(), nil },
	}), nil
}

// URL returns where l is asked.
func URL(l net.Listener, c config.Config) string {
	if c.ListenTLS.CertFile != "" {
		return "https://" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}

// readPair reads a certificate and its key.
func readPair(setting, cert, key string) (*tls.Certificate, error) {
	read, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s: the certificate %s and the key %s cannot be used.", setting, cert, key).Because(err)
	}
	return &read, nil
}

// A certificate is what the scheduler serves with, in files that may be renewed.
// It is safe for concurrent use.
type certificate struct {
	own  config.ListenTLS
	log  *slog.Logger
	good atomic.Pointer[tls.Certificate]
}

// newest returns what the files hold now, or what they held last, while they
// are being written.
func (c *certificate) newest() *tls.Certificate {
	read, err := readPair("listen_tls", c.own.CertFile, c.own.KeyFile)
	if err != nil {
		c.log.Warn("the certificate cannot be read again; the one read last is shown", "err", Sentence(err))
		return c.good.Load()
	}
	c.good.Store(read)
	return read
}
