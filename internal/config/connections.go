package config

import "cmp"

// RedisTLS is how a rediss:// address is spoken to. Empty, the system's
// authorities are believed and we show no certificate.
type RedisTLS struct {
	CAFile   string `yaml:"ca_file" env:"CA_FILE"`     // authorities that are believed instead of the system's
	CertFile string `yaml:"cert_file" env:"CERT_FILE"` // the certificate that we show, with what leads to its authority
	KeyFile  string `yaml:"key_file" env:"KEY_FILE"`   // its key
}

// ListenTLS is the certificate that the scheduler serves with. Empty, it serves
// plain HTTP, for a proxy in front.
type ListenTLS struct {
	CertFile string `yaml:"cert_file" env:"CERT_FILE"` // with what leads to its authority
	KeyFile  string `yaml:"key_file" env:"KEY_FILE"`
}

// RedisURL returns where Redis is: what redis_file holds, if it is named. Its
// error is fault.Invalid.
func (c Config) RedisURL() (string, error) {
	if c.RedisFile == "" {
		return c.Redis, nil
	}
	return secret("redis_file", c.RedisFile)
}

// LedgerURL returns where the ledger is: what ledger_file holds, if it is
// named. Its error is fault.Invalid.
func (c Config) LedgerURL() (string, error) {
	if c.LedgerFile == "" {
		return c.Ledger, nil
	}
	return secret("ledger_file", c.LedgerFile)
}

// UseRedis sets where Redis is, whatever the settings say. Empty leaves it.
func (c *Config) UseRedis(url string) {
	if url != "" {
		c.Redis, c.RedisFile = url, ""
	}
}

// UseLedger sets where the ledger is, whatever the settings say. Empty leaves
// it.
func (c *Config) UseLedger(location string) {
	if location != "" {
		c.Ledger, c.LedgerFile = location, ""
	}
}

func (c *Config) resolveConnections(dir string) {
	for _, file := range []*string{
		&c.RedisFile, &c.RedisTLS.CAFile, &c.RedisTLS.CertFile, &c.RedisTLS.KeyFile,
		&c.LedgerFile, &c.ListenTLS.CertFile, &c.ListenTLS.KeyFile,
	} {
		*file = under(dir, *file)
	}
}

func (c Config) validateConnections(say func(format string, args ...any)) {
	if cmp.Or(c.Ledger, c.LedgerFile) == "" {
		say("ledger is empty: name a postgres:// URL or a file")
	}
	pair("redis_tls", c.RedisTLS.CertFile, c.RedisTLS.KeyFile, say)
	pair("listen_tls", c.ListenTLS.CertFile, c.ListenTLS.KeyFile, say)
}

// pair reports a certificate without its key, and a key without its
// certificate.
func pair(setting, cert, key string, say func(format string, args ...any)) {
	if (cert == "") != (key == "") {
		say("%s needs cert_file and key_file, or neither", setting)
	}
}
