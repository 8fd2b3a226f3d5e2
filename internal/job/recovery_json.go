package job

import (
	"encoding/json"
	"time"
)

// stepJSON is a step by field. Its slot has a JSON form of its own, which would
// else stand for all of the step.
type stepJSON struct {
	Place int `json:"place"`
	slotJSON
	Task   string   `json:"task"`
	Client string   `json:"client"`
	State  State    `json:"state,omitempty"`
	After  []string `json:"after,omitempty"`
	Shares []string `json:"shares,omitempty"`
	Usual  Seconds  `json:"usual_seconds,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (s RecoveryStep) MarshalJSON() ([]byte, error) {
	slot := slotJSON{(*plainSlot)(&s.Slot), Seconds(s.Lag)}
	return json.Marshal(stepJSON{s.Place, slot, s.Task, s.Client, s.State, s.After, s.Shares, s.Usual})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *RecoveryStep) UnmarshalJSON(raw []byte) error {
	v := stepJSON{slotJSON: slotJSON{plainSlot: (*plainSlot)(&s.Slot)}}
	err := json.Unmarshal(raw, &v)
	s.Place, s.Task, s.Client, s.State, s.After, s.Shares, s.Usual = v.Place, v.Task, v.Client, v.State, v.After, v.Shares, v.Usual
	s.Lag = time.Duration(v.Lag)
	return err
}
