package agent

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestUnsupported(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	token := corev1.Volume{Name: "kube-api-access-x", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}}},
	}}}
	scratch := corev1.Volume{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}
	with := func(c corev1.Container) corev1.PodSpec {
		c.Name = "c"
		return corev1.PodSpec{Containers: []corev1.Container{c}}
	}
	hostPort := with(corev1.Container{Ports: []corev1.ContainerPort{{HostPort: 80, ContainerPort: 80}}})
	hostPortOnHost := hostPort
	hostPortOnHost.HostNetwork = true
	tests := []struct {
		name string
		spec corev1.PodSpec
		// want is a part of the message. Empty: the pod can be run.
		want string
	}{
		{"plain", with(corev1.Container{}), ""},
		{"service account token", corev1.PodSpec{Volumes: []corev1.Volume{token}}, ""},
		{"another volume", corev1.PodSpec{Volumes: []corev1.Volume{token, scratch}}, "volume scratch"},
		{"host port", hostPort, "hostPort"},
		{"host port with hostNetwork", hostPortOnHost, ""},
		{"sidecar", corev1.PodSpec{InitContainers: []corev1.Container{{Name: "s", RestartPolicy: &always}}}, "init container s"},
		{"postStart", with(corev1.Container{Lifecycle: &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{}}}), "postStart (container c)"},
		{"preStop", with(corev1.Container{Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{}}}), ""},
		{"gRPC", with(corev1.Container{LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{GRPC: &corev1.GRPCAction{}}}}), "gRPC"},
		{"envFrom", with(corev1.Container{EnvFrom: []corev1.EnvFromSource{{}}}), "envFrom"},
		{"deadline", corev1.PodSpec{ActiveDeadlineSeconds: new(int64)}, "activeDeadlineSeconds"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := unsupported(&test.spec)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want that it names %q", err, test.want)
			}
		})
	}
}
