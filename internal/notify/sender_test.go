package notify

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/internal/testmail"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A drawer is one delivery and one rule.
type drawer struct {
	delivery notice.Delivery
	rule     notice.Rule
}

func (d *drawer) Delivery(context.Context, string) (notice.Delivery, error) { return d.delivery, nil }
func (d *drawer) NoticeRule(context.Context, string) (notice.Rule, error)   { return d.rule, nil }
func (d *drawer) Attempted(_ context.Context, a notice.Delivery) error {
	d.delivery = a
	return nil
}

// crowd is people by name.
type crowd map[string]auth.Person

func (c crowd) Person(_ context.Context, name string) (auth.Person, error) {
	if p, ok := c[name]; ok {
		return p, nil
	}
	return auth.Person{}, fault.New(fault.NotFound, "There is nobody called %s.", name)
}

const hostile = "Imp\r\nBcc: all@example.edu\x00 <script>alert(1)</script> \u202eesrever <!channel>"

func delivery(c notice.Channel, to string) notice.Delivery {
	return notice.Together([]notice.Notice{{ID: "n1", Rule: "r", Channel: c, To: to, Facts: notice.Facts{
		What: notice.Failed, Title: hostile, Detail: hostile, Job: "j1", Task: "sis.pull", Client: "north", At: noon, Path: "/jobs/j1",
	}}}, noon)
}

func mailTo(b *testmail.Box) Mail {
	return Mail{Host: b.Host, Port: b.Port, From: "Beadle <beadle@example.edu>", TLS: "none"}
}

func TestAnEMailArrivesWhateverItsWordsAre(t *testing.T) {
	box := testmail.New(t, "")
	d := &drawer{delivery: delivery(notice.ToPerson, "anna")}
	s := &Sender{Deliveries: d, People: crowd{"anna": {Name: "anna", Email: "anna@example.edu"}}, Mail: mailTo(box), PublicURL: "https://jobs.example.edu/", Now: func() time.Time { return noon }}
	for range 2 { // the second time it has been sent
		if err := s.Deliver(t.Context(), "d"); err != nil {
			t.Fatal(err)
		}
	}
	got := <-box.Letters
	if diff := cmp.Diff([]string{"anna@example.edu"}, got.To); diff != "" {
		t.Errorf("it went elsewhere (-want +got)\n%s", diff)
	}
	if len(box.Letters) > 0 {
		t.Error("it was sent twice")
	}
	m, err := mail.ReadMessage(strings.NewReader(got.Text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Imp Bcc: all@example.edu <script>alert(1)</script> esrever <!channel> failed" {
		t.Errorf("subject %q, error %v", subject, err)
	}
	want := map[string]string{"Bcc": "", "List-Unsubscribe": "<https://jobs.example.edu/notices>", "Auto-Submitted": "auto-generated"}
	for name, value := range want {
		if got := m.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || strings.Contains(string(body), "<script>alert(1)</script>\r\n</b>") || !strings.Contains(string(body), "&lt;script&gt;") {
		t.Errorf("body: %s, error %v", body, err)
	}
	if d.delivery.State != notice.Sent || d.delivery.Sent == nil {
		t.Errorf("%+v", d.delivery)
	}
}

func TestOnlyAPermanentRefusalOfAnEMailIsFinal(t *testing.T) {
	for answer, want := range map[string]notice.State{"451 try later": notice.Retrying, "554 never": notice.Given} {
		d := &drawer{delivery: delivery(notice.ToEmail, "anna@example.edu")}
		s := &Sender{Deliveries: d, Mail: mailTo(testmail.New(t, answer)), Now: time.Now}
		if err := s.Deliver(t.Context(), "d"); err == nil || tasks.IsPermanent(err) != (want == notice.Given) || d.delivery.State != want {
			t.Errorf("%s: %v, %+v", answer, err, d.delivery)
		}
	}
}

func TestAWebhookIsSignedWithEachSecret(t *testing.T) {
	secrets := []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
	var headers http.Header
	var body []byte
	to, client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		headers = r.Header
		body, _ = io.ReadAll(r.Body)
	})
	d := &drawer{delivery: delivery(notice.Webhook, to), rule: notice.Rule{Name: "r", Channel: notice.Webhook, To: to, Secrets: secrets}}
	s := &Sender{Deliveries: d, HTTP: client, PublicURL: "https://jobs.example.edu", Now: func() time.Time { return noon }}
	if err := s.Deliver(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	want, err := sign(secrets, d.delivery.ID, strconv.FormatInt(noon.Unix(), 10), body)
	if err != nil || headers.Get("webhook-signature") != want || headers.Get("webhook-id") != d.delivery.ID || strings.Count(want, "v1,") != 2 {
		t.Errorf("headers %v, want %s, error %v", headers, want, err)
	}
	var got struct {
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Type != "job.failed" || got.Data["link"] != "https://jobs.example.edu/jobs/j1" || got.Data["title"] != hostile {
		t.Errorf("body %s, error %v", body, err)
	}
}

// The example of the specification of Standard Webhooks.
func TestSignsAsTheSpecificationSays(t *testing.T) {
	got, err := sign([]string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want || err != nil {
		t.Errorf("%s, error %v; want %s", got, err, want)
	}
}

func TestAnswersOfReceiversDecideOnAnotherAttempt(t *testing.T) {
	for status, want := range map[int]notice.State{
		200: notice.Sent, 204: notice.Sent, 500: notice.Retrying, 429: notice.Retrying, 503: notice.Retrying, 404: notice.Given, 410: notice.Given, 302: notice.Given, 307: notice.Given,
	} {
		to, client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://169.254.169.254/")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		})
		d := &drawer{delivery: delivery(notice.Chat, to), rule: notice.Rule{Channel: notice.Chat, To: to, Format: notice.Slack}}
		s := &Sender{Deliveries: d, HTTP: client, Now: time.Now}
		err := s.Deliver(t.Context(), "d")
		if d.delivery.State != want || tasks.IsPermanent(err) != (want == notice.Given) {
			t.Errorf("%d: %v, %+v", status, err, d.delivery)
		}
	}
}

func TestAWebhookDoesNotReachWhatIsPrivate(t *testing.T) {
	to, _ := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was reached") })
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{to, "http://localhost:" + u.Port() + "/T0/secret"} {
		d := &drawer{delivery: delivery(notice.Chat, to), rule: notice.Rule{Channel: notice.Chat, To: to, Format: notice.Slack}}
		s := &Sender{Deliveries: d, HTTP: Guard{Allow: []netip.Prefix{}, Ports: []int{port}}.Client(), Now: time.Now}
		err := s.Deliver(t.Context(), "d")
		if !tasks.IsPermanent(err) || d.delivery.State != notice.Given || strings.Contains(d.delivery.Answer, "secret") {
			t.Errorf("%s: %v, %+v", to, err, d.delivery)
		}
	}
}

func TestChatsTakeHostileNamesAsText(t *testing.T) {
	for _, f := range []notice.Format{notice.Slack, notice.Teams, notice.Mattermost} {
		s := &Sender{}
		d := delivery(notice.Chat, "https://chat.example.edu/x")
		body, err := notice.Rule{Format: f}.Body(notice.Message{Subject: d.Subject, Text: s.text(d)})
		if err != nil || !json.Valid(body) || f == notice.Slack && strings.Contains(string(body), "<!channel>") || strings.Contains(string(body), `\u202e`) {
			t.Errorf("%s: %s, error %v", f, body, err)
		}
	}
	if diff := cmp.Diff("", s(notice.Rule{Format: notice.Custom, Template: `{"a": {{.Subject}}}`}.Body(notice.Message{Subject: "x"}))); diff != "" {
		t.Errorf("a template that makes no JSON: %s", diff)
	}
}

// s is what was made, and nothing where it was refused.
func s(body []byte, err error) string {
	if err != nil {
		return ""
	}
	return string(body)
}
