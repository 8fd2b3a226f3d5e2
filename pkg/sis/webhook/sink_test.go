package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/webhook"
)

const key = "0123456789abcdef01234567"

var (
	secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(key))
	days   = []sis.Attendance{
		{ID: "att_1", Section: "S1", Person: "1001", Day: sis.Date{Year: 2026, Month: 10, Day: 5}, Minutes: 50, Zone: "UTC"},
	}
)

// hook returns a hook to a server that answers with handler.
func hook(t *testing.T, handler http.HandlerFunc) *webhook.Hook {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	h, err := webhook.New(webhook.Config{URL: server.URL, Secret: secret, Now: func() time.Time { return time.Unix(1760000000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAttendanceIsPostedWithASignature(t *testing.T) {
	var ids []string
	h := hook(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ids = append(ids, r.Header.Get("webhook-id"))
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
			t.Errorf("signature %s, want %s", r.Header.Get("webhook-signature"), want)
		}
		var got struct {
			Type string
			Data struct{ Attendance []sis.Attendance }
		}
		if err := json.Unmarshal(body, &got); err != nil || got.Type != "attendance.posted" || !cmp.Equal(got.Data.Attendance, days) {
			t.Errorf("body %s, %v", body, err)
		}
	})
	for range 2 {
		written, err := h.Post(t.Context(), days)
		if err != nil || written[0].Err != nil || written[0].ID != ids[0] {
			t.Fatalf("posted %v, %v", written, err)
		}
	}
	if ids[0] != ids[1] {
		t.Errorf("a second try has the id %s, want %s", ids[1], ids[0])
	}
}

func TestWhatBecameOfAPost(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		code   string
	}{
		"refused":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, "ROW_MALFORMED"},
		"not now":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, "TGT_UNAVAILABLE"},
		"a broken one":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "ATT_UNKNOWN"},
		"no answer":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "ATT_UNKNOWN"},
		"a wrong place": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "CONFIG_INVALID"},
	} {
		written, err := hook(t, test.answer).Post(t.Context(), days)
		if said, ok := errors.AsType[*sis.Error](err); !ok || said.Code != test.code || !errors.Is(written[0].Err, err) {
			t.Errorf("%s: %v, %v; want %s", name, written, err, test.code)
		}
	}
	h, err := webhook.New(webhook.Config{URL: "http://127.0.0.1:1", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Post(t.Context(), days)
	if said, ok := errors.AsType[*sis.Error](err); !ok || said.Code != "TGT_UNAVAILABLE" {
		t.Errorf("where nobody listens: %v", err)
	}
	if _, err := webhook.New(webhook.Config{URL: "http://127.0.0.1:1", Secret: "short"}); err == nil {
		t.Error("a short secret is taken")
	}
}
