package notice_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/notice"
)

const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

func hook() notice.Rule {
	return notice.Rule{Name: "hook", Outcomes: []notice.What{notice.Failed}, Channel: notice.Webhook, To: "https://example.edu/T0/hidden", Secrets: []string{oldSecret, newSecret}}
}

func TestEachOfTwoSecretsCanBeRetired(t *testing.T) {
	shown := hook().Shown().Secrets
	if shown[0] == shown[1] || strings.Contains(oldSecret, strings.TrimLeft(shown[0], "•")) {
		t.Fatalf("shown: %q", shown)
	}
	for name, tt := range map[string]struct{ left, want []string }{
		"the old one goes":       {shown[1:], []string{newSecret}},
		"the new one goes":       {shown[:1], []string{oldSecret}},
		"both stay":              {shown, []string{oldSecret, newSecret}},
		"they change places":     {[]string{shown[1], shown[0]}, []string{newSecret, oldSecret}},
		"none is said":           {nil, []string{oldSecret, newSecret}},
		"a new one is typed":     {[]string{"typed", shown[1]}, []string{"typed", newSecret}},
		"one that is not of its": {[]string{"••••"}, []string{"••••"}},
	} {
		edited := hook().Shown()
		edited.Secrets = tt.left
		if diff := cmp.Diff(tt.want, edited.Keeping(hook()).Secrets); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestAMaskIsNoSecret(t *testing.T) {
	r := hook()
	r.Secrets = hook().Shown().Secrets[:1]
	if err := r.Validate(); err == nil || !strings.Contains(err.Error(), "stands for no secret") {
		t.Error(err)
	}
	if diff := cmp.Diff(r.Secrets, r.Shown().Secrets); diff != "" {
		t.Errorf("a mask is shown as another: -want +got\n%s", diff)
	}
}

func TestAWebAddressStaysWhenItsChannelChanges(t *testing.T) {
	chat := hook()
	chat.Channel, chat.Format, chat.Secrets = notice.Chat, notice.Slack, nil
	for _, was := range []notice.Rule{hook(), chat} {
		for channel, want := range map[notice.Channel]string{
			notice.Webhook: "https://example.edu/T0/hidden",
			notice.Chat:    "https://example.edu/T0/hidden",
			notice.ToEmail: "https://example.edu/…", // a refusal would tell the whole
		} {
			edited := was.Shown()
			edited.Channel = channel
			got := edited.Keeping(was)
			if got.To != want {
				t.Errorf("%s becomes %s: %s, want %s", was.Channel, channel, got.To, want)
			}
			if channel != notice.Webhook && len(got.Secrets) > 0 {
				t.Errorf("%s becomes %s with its secrets", was.Channel, channel)
			}
		}
	}
}

func TestAnAddressAsItIsShownIsRefused(t *testing.T) {
	for _, to := range []string{"https://example.edu/…", "https://example.edu/••••"} {
		r := hook()
		r.To = to
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), "as it is shown") {
			t.Errorf("%s: %v", to, err)
		}
	}
}
