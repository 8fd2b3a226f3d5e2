package config

import (
	"encoding/base64"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/seal"
)

// Keys returns the keys that seal the messages of the SIS, the one that seals
// first.
func (c Config) Keys() (keys [][]byte, err error) {
	for i, file := range c.MessageKeys {
		at := fmt.Sprintf("message_keys[%d]", i)
		text, err := secret(at, file)
		if err != nil {
			return nil, err
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != seal.KeySize {
			return nil, fault.New(fault.Invalid,
				"%s: the file %s must hold %d bytes in base64, as `openssl rand -base64 %d` makes them.", at, file, seal.KeySize, seal.KeySize)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
