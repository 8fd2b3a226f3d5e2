package job

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// seconds is a duration that is a number of seconds in JSON, which is what
// people and their programs expect of one.
type seconds time.Duration

func (s seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', -1, 64), nil
}

func (s *seconds) UnmarshalJSON(raw []byte) error {
	var n float64
	err := json.Unmarshal(raw, &n)
	*s = seconds(math.Round(n * float64(time.Second)))
	return err
}

// plainDeclaration and plainSlot are without methods, to be encoded by field.
type (
	plainDeclaration Declaration
	plainSlot        Slot
	plainRate        Rate
)

// The fields beside the plain ones take the place of theirs.
type (
	declarationJSON struct {
		*plainDeclaration
		Timeout seconds `json:"timeout_seconds"`
		Backoff seconds `json:"backoff_seconds"`
		Warn    seconds `json:"warn_seconds,omitempty"`
	}
	rateJSON struct {
		*plainRate
		Per seconds `json:"per_seconds"`
	}
	slotJSON struct {
		*plainSlot
		Lag seconds `json:"lag_seconds"`
	}
)

// MarshalJSON implements [json.Marshaler].
func (d Declaration) MarshalJSON() ([]byte, error) {
	return json.Marshal(declarationJSON{(*plainDeclaration)(&d), seconds(d.Timeout), seconds(d.Backoff), seconds(d.Warn)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Declaration) UnmarshalJSON(raw []byte) error {
	v := declarationJSON{plainDeclaration: (*plainDeclaration)(d)}
	err := json.Unmarshal(raw, &v)
	d.Timeout, d.Backoff, d.Warn = time.Duration(v.Timeout), time.Duration(v.Backoff), time.Duration(v.Warn)
	return err
}

// MarshalJSON implements [json.Marshaler].
func (s Slot) MarshalJSON() ([]byte, error) {
	return json.Marshal(slotJSON{(*plainSlot)(&s), seconds(s.Lag)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Slot) UnmarshalJSON(raw []byte) error {
	v := slotJSON{plainSlot: (*plainSlot)(s)}
	err := json.Unmarshal(raw, &v)
	s.Lag = time.Duration(v.Lag)
	return err
}

// MarshalJSON implements [json.Marshaler].
func (r Rate) MarshalJSON() ([]byte, error) {
	return json.Marshal(rateJSON{(*plainRate)(&r), seconds(r.Per)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Rate) UnmarshalJSON(raw []byte) error {
	v := rateJSON{plainRate: (*plainRate)(r)}
	err := json.Unmarshal(raw, &v)
	r.Per = time.Duration(v.Per)
	return err
}
