package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// A scaledObject is what we use of KEDA's, which has no types of a size that
// is worth their weight.
type scaledObject struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       struct {
		ScaleTargetRef  struct{ Name string }                      `json:"scaleTargetRef"`
		MinReplicaCount int32                                      `json:"minReplicaCount"`
		MaxReplicaCount int32                                      `json:"maxReplicaCount"`
		PollingInterval int32                                      `json:"pollingInterval"`
		Fallback        struct{ FailureThreshold, Replicas int32 } `json:"fallback"`
		Advanced        struct {
			HorizontalPodAutoscalerConfig struct {
				Behavior autoscaling.HorizontalPodAutoscalerBehavior `json:"behavior"`
			} `json:"horizontalPodAutoscalerConfig"`
		} `json:"advanced"`
		Triggers []struct {
			Type              string                `json:"type"`
			MetricType        string                `json:"metricType"`
			Metadata          map[string]string     `json:"metadata"`
			AuthenticationRef struct{ Name string } `json:"authenticationRef"`
		} `json:"triggers"`
	} `json:"spec"`
}

type triggerAuthentication struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       struct {
		SecretTargetRef []struct{ Parameter, Name, Key string } `json:"secretTargetRef"`
	} `json:"spec"`
}

// kinds are the Go type of each kind.
var kinds = map[string]func() any{
	"Namespace":             func() any { return &core.Namespace{} },
	"ServiceAccount":        func() any { return &core.ServiceAccount{} },
	"Service":               func() any { return &core.Service{} },
	"ConfigMap":             func() any { return &core.ConfigMap{} },
	"Secret":                func() any { return &core.Secret{} },
	"Deployment":            func() any { return &apps.Deployment{} },
	"PodDisruptionBudget":   func() any { return &policy.PodDisruptionBudget{} },
	"NetworkPolicy":         func() any { return &networking.NetworkPolicy{} },
	"Ingress":               func() any { return &networking.Ingress{} },
	"ScaledObject":          func() any { return &scaledObject{} },
	"TriggerAuthentication": func() any { return &triggerAuthentication{} },
}

// kustomized builds the example as its page says, and returns its objects by
// kind and name, as kind/name. Unknown fields end the test.
func kustomized(t *testing.T) map[string]any {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("kubernetes")); err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(dir, "overlays", "example")
	if err := os.RemoveAll(filepath.Join(example, "secrets")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(example, "secrets"), os.DirFS(filepath.Join(installed(t, "kubernetes.md"), "secrets"))); err != nil {
		t.Fatal(err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), example)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, built)
}

func decoded(t *testing.T, built resmap.ResMap) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, r := range built.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		empty, known := kinds[r.GetKind()]
		if !known {
			t.Fatalf("no type is known for a %s", r.GetKind())
		}
		object := empty()
		if err := yaml.UnmarshalStrict(text, object); err != nil {
			t.Errorf("%s %s: %v", r.GetKind(), r.GetName(), err)
		}
		all[r.GetKind()+"/"+r.GetName()] = object
	}
	return all
}

// of returns the object of that kind whose name is name, or begins with it and
// ends with the hash of its content.
func of[T any](t *testing.T, all map[string]any, name string) T {
	t.Helper()
	for key, object := range all {
		if found, ok := object.(T); ok && (strings.HasSuffix(key, "/"+name) || strings.Contains(key, "/"+name+"-")) {
			return found
		}
	}
	var none T
	t.Fatalf("there is no %T %s", none, name)
	return none
}

func TestKubernetesTakesTheExampleAsItIs(t *testing.T) {
	all := kustomized(t)
	for _, kind := range []string{"Deployment", "PodDisruptionBudget", "NetworkPolicy", "ServiceAccount"} {
		for _, name := range []string{"beadle-scheduler", "beadle-worker"} {
			if all[kind+"/"+name] == nil {
				t.Errorf("there is no %s %s", kind, name)
			}
		}
	}
	if n := *of[*apps.Deployment](t, all, "beadle-scheduler").Spec.Replicas; n != 2 {
		t.Errorf("%d schedulers, want 2", n)
	}
	if of[*core.Namespace](t, all, "beadle").Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Error("the namespace does not insist on restricted pods")
	}
}

func TestPodsAreRestricted(t *testing.T) {
	all := kustomized(t)
	for _, name := range []string{"beadle-scheduler", "beadle-worker"} {
		pod := of[*apps.Deployment](t, all, name).Spec.Template.Spec
		context := pod.SecurityContext
		if !*context.RunAsNonRoot || *context.RunAsUser == 0 || context.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: %+v", name, context)
		}
		if *pod.AutomountServiceAccountToken || *of[*core.ServiceAccount](t, all, pod.ServiceAccountName).AutomountServiceAccountToken {
			t.Errorf("%s has a token of the cluster", name)
		}
		for _, c := range pod.Containers {
			own := c.SecurityContext
			if *own.AllowPrivilegeEscalation || !*own.ReadOnlyRootFilesystem || !slices.Contains(own.Capabilities.Drop, "ALL") {
				t.Errorf("%s: %+v", name, own)
			}
			if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
				t.Errorf("%s is not bounded: %+v", name, c.Resources)
			}
			if !strings.HasSuffix(c.Image, ":v1.2.3") {
				t.Errorf("%s runs %s", name, c.Image)
			}
			if c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.LivenessProbe.HTTPGet.Path != "/healthz" || c.StartupProbe == nil {
				t.Errorf("%s is not asked how it is", name)
			}
		}
	}
}

func TestPodsGetTheirSecretsAsFiles(t *testing.T) {
	all := kustomized(t)
	for _, name := range []string{"beadle-scheduler", "beadle-worker"} {
		pod := of[*apps.Deployment](t, all, name).Spec.Template.Spec
		keys := map[string]bool{}
		for _, v := range pod.Volumes {
			if v.Secret == nil {
				continue
			}
			for key := range of[*core.Secret](t, all, v.Secret.SecretName).Data {
				keys[mountOf(pod.Containers[0], v.Name)+"/"+key] = true
			}
			if mode := *v.Secret.DefaultMode; mode&0o007 != 0 {
				t.Errorf("%s: others may read %s: %o", name, v.Name, mode)
			}
		}
		for _, e := range pod.Containers[0].Env {
			if e.ValueFrom != nil || !namesAFile(e.Name, e.Value) {
				t.Errorf("%s has a secret in %s", name, e.Name)
			}
			if strings.HasPrefix(e.Value, "/run/secrets/") && !keys[e.Value] {
				t.Errorf("%s: nobody brings %s", name, e.Value)
			}
		}
		for _, file := range []string{"/run/secrets/campus/moodle.token", "/run/secrets/campus/sis.secret"} {
			if !keys[file] {
				t.Errorf("%s: nobody brings %s", name, file)
			}
		}
	}
}

// mountOf returns where a volume is in a container.
func mountOf(c core.Container, volume string) string {
	for _, m := range c.VolumeMounts {
		if m.Name == volume {
			return m.MountPath
		}
	}
	return ""
}

func TestAPodOfAWorkerHasTimeToDrain(t *testing.T) {
	pod := of[*apps.Deployment](t, kustomized(t), "beadle-worker").Spec.Template.Spec
	for _, e := range pod.Containers[0].Env {
		if e.Name != "BEADLE_WORKER_DRAIN" {
			continue
		}
		drain, err := time.ParseDuration(e.Value)
		if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; err != nil || grace <= drain {
			t.Errorf("it is killed after %s, and may need %s (%v)", grace, e.Value, err)
		}
		return
	}
	t.Error("the deployment does not say how long a worker drains")
}

func TestPoliciesAndBudgetsAreOfThePodsThatThereAre(t *testing.T) {
	all := kustomized(t)
	for _, name := range []string{"beadle-scheduler", "beadle-worker"} {
		template := of[*apps.Deployment](t, all, name).Spec.Template
		selects := func(what string, labels map[string]string) {
			for key, value := range labels {
				if template.Labels[key] != value {
					t.Errorf("the %s of %s is of pods with %s=%s", what, name, key, value)
				}
			}
			if len(labels) == 0 {
				t.Errorf("the %s of %s is of all pods", what, name)
			}
		}
		selects("budget", of[*policy.PodDisruptionBudget](t, all, name).Spec.Selector.MatchLabels)
		network := of[*networking.NetworkPolicy](t, all, name).Spec
		selects("policy", network.PodSelector.MatchLabels)
		if len(network.PolicyTypes) != 2 || len(network.Ingress) == 0 || len(network.Egress) == 0 {
			t.Errorf("the policy of %s: %+v", name, network)
		}
		port := template.Spec.Containers[0].Ports[0].Name
		if got := network.Ingress[0].Ports[0].Port.StrVal; got != port {
			t.Errorf("the policy of %s lets in to %s, and it serves %s", name, got, port)
		}
	}
	service := of[*core.Service](t, all, "beadle-scheduler")
	if service.Spec.Selector["app.kubernetes.io/component"] != "scheduler" {
		t.Errorf("the service is of %v", service.Spec.Selector)
	}
}

func TestTheAutoscalerAsksForThePredictedWait(t *testing.T) {
	all := kustomized(t)
	s := of[*scaledObject](t, all, "beadle-worker")
	if s.Spec.ScaleTargetRef.Name != "beadle-worker" || len(s.Spec.Triggers) != 1 {
		t.Fatalf("%+v", s.Spec)
	}
	trigger := s.Spec.Triggers[0]
	service := of[*core.Service](t, all, "beadle-scheduler")
	if host := "http://" + service.Name + "." + service.Namespace + ".svc:8080/"; !strings.HasPrefix(trigger.Metadata["url"], host+"api/v1/scale?queue=") {
		t.Errorf("it asks %s, and the service is %s", trigger.Metadata["url"], host)
	}
	if !strings.Contains(read(t, "internal/api/openapi.yaml"), "/api/v1/scale:") || !strings.Contains(read(t, "internal/job/scale.go"), strings.TrimPrefix(trigger.Metadata["valueLocation"], "queues.0.")) {
		t.Errorf("nobody answers with %s", trigger.Metadata["valueLocation"])
	}
	login := of[*triggerAuthentication](t, all, trigger.AuthenticationRef.Name).Spec.SecretTargetRef[0]
	if of[*core.Secret](t, all, login.Name).Data[login.Key] == nil {
		t.Errorf("the secret %s of the autoscaler has no %s", login.Name, login.Key)
	}
	if *s.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.StabilizationWindowSeconds < 60 {
		t.Error("workers are taken away at once")
	}
}
