// Package webhook posts attendance to an address, signed as Standard Webhooks
// says (https://www.standardwebhooks.com).
//
//	POST /hooks/attendance
//	webhook-id: att_…            the same for each try
//	webhook-timestamp: 1760000000
//	webhook-signature: v1,…      HMAC-SHA256 of "id.timestamp.body", in base64
//
//	{"type": "attendance.posted", "timestamp": "2026-10-06T04:30:00Z", "data": {"attendance": [
//	  {"id": "att_…", "section": "BIO-101-01", "person": "1001", "day": "2026-10-05", "minutes": 50, "correct": false, "zone": "America/New_York"}
//	]}}
//
// Any status of success takes all rows; a row with correct set replaces what
// was sent before of the same section, person and day.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/posting"
)

// Config says where attendance goes. URL and Secret are required.
type Config struct {
	URL    string
	Secret string       // whsec_ and base64, as in Standard Webhooks
	Client *http.Client // decides which addresses may be reached; nil: any
	Now    func() time.Time
	Watch  sis.Watch // is told of each call; nil: nobody is
}

// Hook is a [sis.Sink]. It may be used by several goroutines at once.
type Hook struct {
	cfg Config
	key []byte
}

var _ sis.Sink = (*Hook)(nil)

// New returns a sink. Its error says which setting is wrong.
func New(c Config) (*Hook, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(c.Secret), "whsec_"))
	if err != nil || len(key) < 24 {
		return nil, &sis.Error{Code: "CONFIG_INVALID", Message: "The secret of the webhook must be whsec_ and at least 24 bytes in base64."}
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: time.Minute}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Hook{c, key}, nil
}

// Check implements [sis.Sink]: an envelope without rows is taken.
func (h *Hook) Check(ctx context.Context) error { return h.send(ctx, "check", nil) }

// Post implements [sis.Sink].
func (h *Hook) Post(ctx context.Context, days []sis.Attendance) ([]sis.Written, error) {
	written := make([]sis.Written, len(days))
	if len(days) == 0 {
		return written, nil
	}
	id := identity(days)
	if err := h.send(ctx, id, days); err != nil {
		posting.Fail(written, err)
		return written, err
	}
	for i := range written {
		written[i].ID = id
	}
	return written, nil
}

func identity(days []sis.Attendance) string {
	sum := sha256.New()
	for _, a := range days {
		_, _ = io.WriteString(sum, a.ID+"\n") // a hash takes everything
	}
	return "att_" + hex.EncodeToString(sum.Sum(nil)[:16])
}

type envelope struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Attendance []sis.Attendance `json:"attendance"`
}

func (h *Hook) send(ctx context.Context, id string, days []sis.Attendance) (err error) {
	ended := h.cfg.Watch.Begin(ctx, "post")
	defer func() { ended(err) }()
	if days == nil {
		days = []sis.Attendance{}
	}
	now := h.cfg.Now().UTC()
	body, err := json.Marshal(envelope{"attendance.posted", now, data{days}})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return &sis.Error{Code: "CONFIG_INVALID", Message: "The url of the webhook is not a web address"}
	}
	h.sign(request, id, now, body)
	response, err := h.cfg.Client.Do(request)
	if err != nil {
		return posting.Unanswered(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return posting.Refused(response.StatusCode)
	}
	return nil
}

func (h *Hook) sign(r *http.Request, id string, now time.Time, body []byte) {
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, h.key)
	_, _ = io.WriteString(mac, id+"."+at+".") // a hash takes everything
	_, _ = mac.Write(body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Beadle")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", at)
	r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
