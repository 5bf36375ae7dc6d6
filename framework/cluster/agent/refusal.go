package agent

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// refusal is why a container is not started. Reason is one of the kubelet's
// (pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime), for those who look at
// container statuses by it.
type refusal struct{ reason, message string }

func (r *refusal) Error() string { return r.message }

const (
	reasonConfigError = "CreateContainerConfigError"
	reasonNoImage     = "ErrImageNeverPull"
)

func configError(format string, args ...any) *refusal {
	return &refusal{reason: reasonConfigError, message: fmt.Sprintf(format, args...)}
}

// unsupported finds what a pod asks for that the agent lacks and that would
// change what the pod's containers do. It returns nil if there is nothing.
func unsupported(spec *corev1.PodSpec) error {
	if spec.ActiveDeadlineSeconds != nil {
		return lacks("activeDeadlineSeconds")
	}
	for _, volume := range spec.Volumes {
		if !isServiceAccountToken(&volume) {
			return configError("the lab's node agent mounts no volumes: take volume %s out of the pod", volume.Name)
		}
	}
	for i := range spec.InitContainers {
		container := &spec.InitContainers[i]
		if container.RestartPolicy != nil {
			return lacks("sidecar containers (restartPolicy of init container " + container.Name + ")")
		}
		if err := unsupportedContainer(spec, container); err != nil {
			return err
		}
	}
	for i := range spec.Containers {
		if err := unsupportedContainer(spec, &spec.Containers[i]); err != nil {
			return err
		}
	}
	return nil
}

func unsupportedContainer(spec *corev1.PodSpec, container *corev1.Container) error {
	of := " (container " + container.Name + ")"
	if len(container.EnvFrom) > 0 {
		return lacks("envFrom" + of)
	}
	if container.Lifecycle != nil && container.Lifecycle.PostStart != nil {
		return lacks("lifecycle.postStart" + of)
	}
	for _, port := range container.Ports {
		if port.HostPort != 0 && !spec.HostNetwork {
			return lacks("hostPort without hostNetwork" + of)
		}
	}
	for _, probe := range []*corev1.Probe{container.StartupProbe, container.ReadinessProbe, container.LivenessProbe} {
		if probe != nil && probe.GRPC != nil {
			return lacks("gRPC probes" + of)
		}
	}
	return nil
}

func lacks(what string) error {
	return configError("the lab's node agent does not support %s", what)
}

// isServiceAccountToken tells the volume that the API server's ServiceAccount
// admission adds to every pod.
func isServiceAccountToken(volume *corev1.Volume) bool {
	if volume.Projected == nil {
		return false
	}
	for _, source := range volume.Projected.Sources {
		if source.ServiceAccountToken != nil {
			return true
		}
	}
	return false
}
