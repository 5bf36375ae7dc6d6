package agent

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podState is what a pod's status is made from.
type podState struct {
	begun     metav1.Time
	host      netip.Addr
	addresses []netip.Addr
	// attached says that the pod has its network.
	attached bool
	// ending says that the pod is to end, so nothing is restarted any more.
	ending     bool
	containers []corev1.ContainerStatus
}

// podStatus is a pod's status. The parts of other writers, such as their conditions,
// stay as in the old status.
func podStatus(pod *corev1.Pod, old corev1.PodStatus, state podState, now metav1.Time) corev1.PodStatus {
	status := *old.DeepCopy()
	status.Phase = podPhase(state)
	if status.StartTime == nil {
		status.StartTime = &state.begun
	}
	status.HostIP = state.host.String()
	status.HostIPs = []corev1.HostIP{{IP: status.HostIP}}
	if len(state.addresses) > 0 {
		status.PodIP, status.PodIPs = state.addresses[0].String(), nil
		for _, addr := range state.addresses {
			status.PodIPs = append(status.PodIPs, corev1.PodIP{IP: addr.String()})
		}
	}
	status.ContainerStatuses = state.containers

	set := func(kind corev1.PodConditionType, is bool, reason, message string) {
		setCondition(&status.Conditions, kind, is, reason, message, now)
	}
	set(corev1.PodReadyToStartContainers, state.attached, "", "")
	set(corev1.PodInitialized, true, "", "")
	reason, message := "", ""
	if unready := unready(state.containers); unready != "" {
		reason, message = "ContainersNotReady", "containers with unready status: "+unready
	}
	set(corev1.ContainersReady, reason == "", reason, message)
	if gate := closedGate(pod); reason == "" && gate != "" {
		reason, message = "ReadinessGatesNotReady", "corresponding condition of pod readiness gate \""+gate+"\" is not True"
	}
	set(corev1.PodReady, reason == "", reason, message)
	return status
}

// podPhase follows the kubelet's getPhase (pkg/kubelet/kubelet_pods.go) for
// restartPolicy Always.
func podPhase(state podState) corev1.PodPhase {
	var waiting, running, stopped, completed int
	for _, c := range state.containers {
		switch {
		case c.State.Running != nil:
			running++
		case c.State.Terminated != nil:
			stopped++
			if c.State.Terminated.ExitCode == 0 {
				completed++
			}
		case c.LastTerminationState.Terminated != nil:
			stopped++
		default:
			waiting++
		}
	}
	switch {
	case waiting > 0:
		return corev1.PodPending
	case running > 0 || !state.ending:
		return corev1.PodRunning
	case completed == stopped:
		return corev1.PodSucceeded
	}
	return corev1.PodFailed
}

// unready lists the containers that are not ready as the kubelet does: [one two].
func unready(containers []corev1.ContainerStatus) string {
	var list []string
	for _, c := range containers {
		if !c.Ready {
			list = append(list, c.Name)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "[" + strings.Join(list, " ") + "]"
}

// closedGate is a readiness gate of the pod that is not true, or empty.
func closedGate(pod *corev1.Pod) string {
	for _, gate := range pod.Spec.ReadinessGates {
		open := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == gate.ConditionType && c.Status == corev1.ConditionTrue
		})
		if !open {
			return string(gate.ConditionType)
		}
	}
	return ""
}

// setCondition sets a condition. Its time changes with its status only.
func setCondition(conditions *[]corev1.PodCondition, kind corev1.PodConditionType, is bool, reason, message string, now metav1.Time) {
	status := corev1.ConditionFalse
	if is {
		status = corev1.ConditionTrue
	}
	i := slices.IndexFunc(*conditions, func(c corev1.PodCondition) bool { return c.Type == kind })
	if i < 0 {
		*conditions = append(*conditions, corev1.PodCondition{Type: kind})
		i = len(*conditions) - 1
	}
	c := &(*conditions)[i]
	if c.Status != status {
		c.Status, c.LastTransitionTime = status, now
	}
	c.Reason, c.Message = reason, message
}
