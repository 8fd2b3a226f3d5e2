package deploy

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// composed loads docker-compose.yml as Compose does, where its page was
// followed.
func composed(t *testing.T) *types.Project {
	t.Helper()
	dir := installed(t, "compose.md")
	options, err := cli.NewProjectOptions([]string{filepath.Join(dir, "docker-compose.yml")}, cli.WithWorkingDirectory(dir), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeHasEveryPart(t *testing.T) {
	p := composed(t)
	want := []string{"grafana", "mail", "postgres", "prometheus", "proxy", "redis", "scheduler", "worker"}
	if got := p.ServiceNames(); !slices.Equal(got, want) {
		t.Errorf("services %v, want %v", got, want)
	}
	if n := p.Services["scheduler"].Deploy.Replicas; n == nil || *n != 2 {
		t.Errorf("schedulers: %v, want 2", n)
	}
	for _, name := range []string{"scheduler", "worker"} {
		s := p.Services[name]
		if len(s.Ports) > 0 || s.ContainerName != "" {
			t.Errorf("%s cannot be scaled: it has a port or a name of its own", name)
		}
		for _, on := range []string{"redis", "postgres"} {
			if s.DependsOn[on].Condition != types.ServiceConditionHealthy {
				t.Errorf("%s does not wait for a healthy %s", name, on)
			}
		}
		if *s.Environment["BEADLE_NOTIFY_SMTP_HOST"] != "mail" {
			t.Errorf("the mail of %s is not caught", name)
		}
	}
}

func TestComposeKeepsWhatRedisAcknowledges(t *testing.T) {
	redis := composed(t).Services["redis"]
	if !slices.Contains(redis.Command, "/etc/redis/redis.conf") || !mounts(redis, "deploy/redis/redis.conf", "/etc/redis/redis.conf") {
		t.Fatalf("redis does not read deploy/redis/redis.conf: %v", redis.Command)
	}
	conf := strings.Split(read(t, "deploy/redis/redis.conf"), "\n")
	for _, line := range []string{"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"} {
		if !slices.Contains(conf, line) {
			t.Errorf("redis.conf does not say %q", line)
		}
	}
	if !slices.ContainsFunc(redis.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Type == "volume" && v.Target == "/data" }) {
		t.Error("the data of redis are not in a volume")
	}
}

func mounts(s types.ServiceConfig, source, target string) bool {
	return slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Target == target && strings.HasSuffix(filepath.ToSlash(v.Source), source) && v.ReadOnly
	})
}

// exact is an image with the whole of its version.
var exact = regexp.MustCompile(`:v?\d+\.\d+(\.\d+)?(-\w+)?$`)

func TestEveryServiceIsHealthyBoundedAndWithoutRights(t *testing.T) {
	for name, s := range composed(t).Services {
		if s.HealthCheck == nil || len(s.HealthCheck.Test) < 2 {
			t.Errorf("%s has no health check", name)
		}
		if s.Build == nil && !exact.MatchString(s.Image) {
			t.Errorf("%s: the image %s is not of one version", name, s.Image)
		}
		if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 || s.Deploy.Resources.Limits.NanoCPUs == 0 {
			t.Errorf("%s has no limits", name)
		}
		if s.User == "" || strings.HasPrefix(s.User, "0") || strings.HasPrefix(s.User, "root") {
			t.Errorf("%s runs as %q", name, s.User)
		}
		if !s.ReadOnly || s.Privileged || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may write to its root, or has rights that it does not need", name)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s is open to the network at %s", name, port.Published)
			}
		}
	}
}

func TestComposeHasNoSecretInItsText(t *testing.T) {
	p := composed(t)
	for name, s := range p.Services {
		for variable, value := range s.Environment {
			if value != nil && (!namesAFile(variable, *value) || strings.Contains(*value, "@") && strings.Contains(*value, "://")) {
				t.Errorf("%s has a secret in %s", name, variable)
			}
		}
	}
	for name, secret := range p.Secrets {
		if text, err := os.ReadFile(secret.File); err != nil || len(text) == 0 {
			t.Errorf("the secret %s is not made by the commands of its page: %v", name, err)
		}
	}
}

func TestWhatComposeMountsIsThere(t *testing.T) {
	for name, s := range composed(t).Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s mounts what is neither in the repository nor made by the commands of the page: %v", name, err)
			}
			if !v.ReadOnly {
				t.Errorf("%s may write to %s", name, v.Source)
			}
		}
	}
}

func TestAWorkerHasTimeToDrain(t *testing.T) {
	const drain = 30 * time.Second // the default of worker.drain
	if grace := composed(t).Services["worker"].StopGracePeriod; grace == nil || time.Duration(*grace) <= drain {
		t.Errorf("a worker is killed after %v, and may need %v", grace, drain)
	}
}

func TestTheProxyIsBelieved(t *testing.T) {
	p := composed(t)
	front := p.Networks["front"].Ipam.Config[0].Subnet
	if got := *p.Services["scheduler"].Environment["BEADLE_PROXIES"]; got != front {
		t.Errorf("schedulers believe %s, and the proxy is in %s", got, front)
	}
}

func TestTheImageRunsStaticProgramsWithoutRights(t *testing.T) {
	text := read(t, "deploy/Dockerfile")
	stages := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1)
	if len(stages) != 2 || !strings.Contains(stages[1][1], "static") || strings.HasSuffix(stages[1][1], ":latest") {
		t.Errorf("stages %v", stages)
	}
	release := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	if want := "golang:" + release + "."; !strings.HasPrefix(stages[0][1], want) {
		t.Errorf("it is built with %s, and go.mod asks for %s", stages[0][1], want)
	}
	for _, line := range []string{"CGO_ENABLED=0", "USER 65532:65532", "ARG VERSION", "ARG REVISION", "-trimpath"} {
		if !strings.Contains(text, line) {
			t.Errorf("the Dockerfile does not say %s", line)
		}
	}
	if ignored := strings.Fields(read(t, ".dockerignore")); !slices.Contains(ignored, "secrets") || !slices.Contains(ignored, ".git") {
		t.Errorf("the image may get %v", ignored)
	}
}
