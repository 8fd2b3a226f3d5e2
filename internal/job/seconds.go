package job

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Seconds is a duration that is a number of seconds in JSON, which is what
// people and their programs expect of one.
type Seconds time.Duration

// MarshalJSON implements [json.Marshaler].
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', -1, 64), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Seconds) UnmarshalJSON(raw []byte) error {
	var n float64
	err := json.Unmarshal(raw, &n)
	*s = Seconds(math.Round(n * float64(time.Second)))
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
		Timeout Seconds `json:"timeout_seconds"`
		Backoff Seconds `json:"backoff_seconds"`
		Warn    Seconds `json:"warn_seconds,omitempty"`
	}
	rateJSON struct {
		*plainRate
		Per Seconds `json:"per_seconds"`
	}
	slotJSON struct {
		*plainSlot
		Lag Seconds `json:"lag_seconds"`
	}
)

// MarshalJSON implements [json.Marshaler].
func (d Declaration) MarshalJSON() ([]byte, error) {
	return json.Marshal(declarationJSON{(*plainDeclaration)(&d), Seconds(d.Timeout), Seconds(d.Backoff), Seconds(d.Warn)})
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
	return json.Marshal(slotJSON{(*plainSlot)(&s), Seconds(s.Lag)})
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
	return json.Marshal(rateJSON{(*plainRate)(&r), Seconds(r.Per)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Rate) UnmarshalJSON(raw []byte) error {
	v := rateJSON{plainRate: (*plainRate)(r)}
	err := json.Unmarshal(raw, &v)
	r.Per = time.Duration(v.Per)
	return err
}
