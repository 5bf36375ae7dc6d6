package agent

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/rackproof/rackproof/fixtures"
)

func TestUnsupported(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	with := func(change func(*corev1.PodSpec, *corev1.Container)) corev1.PodSpec {
		spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "first"}, {Name: "second", Image: "app"}}}
		change(&spec, &spec.Containers[1])
		return spec
	}
	probe := func(change func(*corev1.HTTPGetAction)) corev1.PodSpec {
		return with(func(_ *corev1.PodSpec, c *corev1.Container) {
			get := &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(80), Scheme: corev1.URISchemeHTTP}
			c.ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: get}, PeriodSeconds: 1, FailureThreshold: 3}
			change(get)
		})
	}
	hostPort := func(_ *corev1.PodSpec, c *corev1.Container) {
		c.Ports = []corev1.ContainerPort{{HostPort: 80, ContainerPort: 80}}
	}
	tests := []struct {
		name string
		spec corev1.PodSpec
		// want is a part of the message. Empty: the pod can be run.
		want string
	}{
		{"plain", with(func(*corev1.PodSpec, *corev1.Container) {}), ""},
		{"the API server's defaults", with(func(s *corev1.PodSpec, c *corev1.Container) {
			s.DNSPolicy, s.SecurityContext, s.RestartPolicy = corev1.DNSClusterFirst, &corev1.PodSecurityContext{}, corev1.RestartPolicyAlways
			c.ImagePullPolicy, c.TerminationMessagePath = corev1.PullIfNotPresent, "/dev/termination-log"
		}), ""},
		{"readiness probe", probe(func(*corev1.HTTPGetAction) {}), ""},
		{"readiness probe of a named port", probe(func(g *corev1.HTTPGetAction) { g.Port = intstr.FromString("web") }), `wants a number in containers[1].readinessProbe.httpGet.port, not "web"`},
		{"readiness probe by HTTPS", probe(func(g *corev1.HTTPGetAction) { g.Scheme = corev1.URISchemeHTTPS }), "does not support scheme HTTPS"},
		{"readiness probe of another host", probe(func(g *corev1.HTTPGetAction) { g.Host = "other" }), "does not support containers[1].readinessProbe.httpGet.host"},
		{"readiness probe by TCP", with(func(_ *corev1.PodSpec, c *corev1.Container) {
			c.ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}}}
		}), "does not support containers[1].readinessProbe.tcpSocket"},
		{"readiness probe of nothing", with(func(_ *corev1.PodSpec, c *corev1.Container) { c.ReadinessProbe = &corev1.Probe{PeriodSeconds: 1} }), "wants httpGet"},
		{"liveness probe", with(func(_ *corev1.PodSpec, c *corev1.Container) { c.LivenessProbe = &corev1.Probe{PeriodSeconds: 1} }), "does not support containers[1].livenessProbe ("},
		{"volume", with(func(s *corev1.PodSpec, _ *corev1.Container) { s.Volumes = []corev1.Volume{{Name: "scratch"}} }), "does not support volumes ("},
		{"init container", with(func(s *corev1.PodSpec, _ *corev1.Container) {
			s.InitContainers = []corev1.Container{{Name: "s", RestartPolicy: &always}}
		}), "does not support initContainers ("},
		{"host port", with(hostPort), "does not support containers[1].ports[0].hostPort"},
		{"host port with hostNetwork", with(func(s *corev1.PodSpec, c *corev1.Container) { hostPort(s, c); s.HostNetwork = true }), ""},
		{"postStart", with(func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{}}
		}), "does not support containers[1].lifecycle ("},
		{"downward API", with(func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Env = []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}}
		}), "does not support containers[1].env[1].valueFrom ("},
		{"limits", with(func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: {}}
		}), "resources.limits ("},
		{"security context", with(func(_ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext = &corev1.SecurityContext{RunAsUser: new(int64)}
		}), "containers[1].securityContext ("},
		{"job", with(func(s *corev1.PodSpec, _ *corev1.Container) { s.RestartPolicy = corev1.RestartPolicyNever }), "does not support restartPolicy Never"},
		{"deadline", with(func(s *corev1.PodSpec, _ *corev1.Container) { s.ActiveDeadlineSeconds = new(int64) }), "does not support activeDeadlineSeconds"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := unsupported(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "app", Namespace: "default"}, Spec: test.spec})
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), "run pod default/app: the lab's node agent ") || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want that it has %q", err, test.want)
			}
		})
	}
}

// The lab's own workload is what the agent is for.
func TestWorkloadIsSupported(t *testing.T) {
	manifest, err := fixtures.Workload(fixtures.WorkloadName)
	if err != nil {
		t.Fatal(err)
	}
	var workload appsv1.DaemonSet
	if err := yaml.UnmarshalStrict(manifest, &workload); err != nil {
		t.Fatal(err)
	}
	spec := workload.Spec.Template.Spec
	if err := unsupported(&corev1.Pod{Spec: spec}); err != nil || len(spec.Containers) == 0 {
		t.Errorf("got %v for %d containers", err, len(spec.Containers))
	}
}
