package agent

import (
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The states that containers of the tests are in.
func waitingStatus() corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "w", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}}
}

func runningStatus(ready bool) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "r", Ready: ready, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func endedStatus(code int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "e", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code}}}
}

func crashedStatus() corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "c", State: waitingStatus().State, LastTerminationState: endedStatus(1).State}
}

func TestPodPhase(t *testing.T) {
	type list = []corev1.ContainerStatus
	tests := []struct {
		name       string
		containers list
		ending     bool
		want       corev1.PodPhase
	}{
		{"nothing started", list{waitingStatus()}, false, corev1.PodPending},
		{"one of two started", list{runningStatus(true), waitingStatus()}, false, corev1.PodPending},
		{"running", list{runningStatus(false)}, false, corev1.PodRunning},
		{"crash loop", list{crashedStatus()}, false, corev1.PodRunning},
		{"completed, to be restarted", list{endedStatus(0)}, false, corev1.PodRunning},
		{"one still runs", list{runningStatus(true), endedStatus(1)}, true, corev1.PodRunning},
		{"deleted, ended well", list{endedStatus(0)}, true, corev1.PodSucceeded},
		{"deleted, killed", list{endedStatus(137)}, true, corev1.PodFailed},
		{"deleted in a crash loop", list{crashedStatus()}, true, corev1.PodFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := podPhase(podState{containers: test.containers, ending: test.ending}); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestPodStatus(t *testing.T) {
	const gate corev1.PodConditionType = "example.com/gate"
	gated := corev1.PodSpec{ReadinessGates: []corev1.PodReadinessGate{{ConditionType: gate}}}
	type conditions = map[corev1.PodConditionType]corev1.ConditionStatus
	const yes, no = corev1.ConditionTrue, corev1.ConditionFalse
	tests := []struct {
		name  string
		spec  corev1.PodSpec
		gates []corev1.PodCondition
		state podState
		want  conditions
	}{
		{"no network yet", corev1.PodSpec{}, nil, podState{containers: []corev1.ContainerStatus{waitingStatus()}},
			conditions{corev1.PodReadyToStartContainers: no, corev1.PodInitialized: yes, corev1.ContainersReady: no, corev1.PodReady: no}},
		{"one of two ready", corev1.PodSpec{}, nil,
			podState{attached: true, containers: []corev1.ContainerStatus{runningStatus(true), runningStatus(false)}},
			conditions{corev1.ContainersReady: no, corev1.PodReady: no}},
		{"ready", corev1.PodSpec{}, nil, podState{attached: true, containers: []corev1.ContainerStatus{runningStatus(true)}},
			conditions{corev1.PodReadyToStartContainers: yes, corev1.PodInitialized: yes, corev1.ContainersReady: yes, corev1.PodReady: yes}},
		{"gate closed", gated, nil, podState{containers: []corev1.ContainerStatus{runningStatus(true)}},
			conditions{corev1.ContainersReady: yes, corev1.PodReady: no}},
		{"gate open", gated, []corev1.PodCondition{{Type: gate, Status: yes}}, podState{containers: []corev1.ContainerStatus{runningStatus(true)}},
			conditions{corev1.ContainersReady: yes, corev1.PodReady: yes, gate: yes}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			old := corev1.PodStatus{Conditions: append([]corev1.PodCondition{{Type: corev1.PodScheduled, Status: yes}}, test.gates...)}
			pod := &corev1.Pod{Spec: test.spec, Status: old}
			got := podStatus(pod, old, test.state, metav1.Now())
			test.want[corev1.PodScheduled] = yes
			found := conditions{}
			for _, c := range got.Conditions {
				found[c.Type] = c.Status
			}
			for kind, want := range test.want {
				if found[kind] != want {
					t.Errorf("condition %s is %q, want %q", kind, found[kind], want)
				}
			}
		})
	}
}

func TestPodStatusAddresses(t *testing.T) {
	state := podState{host: netip.MustParseAddr("10.1.0.1"), containers: []corev1.ContainerStatus{runningStatus(true)}}
	got := podStatus(&corev1.Pod{}, corev1.PodStatus{}, state, metav1.Now())
	if got.HostIP != "10.1.0.1" || got.PodIP != "" {
		t.Errorf("before the network: host %q and pod %q, want 10.1.0.1 and none", got.HostIP, got.PodIP)
	}
	state.addresses = []netip.Addr{netip.MustParseAddr("10.244.0.1"), netip.MustParseAddr("fd00::1")}
	got = podStatus(&corev1.Pod{}, got, state, metav1.Now())
	if got.PodIP != "10.244.0.1" || len(got.PodIPs) != 2 || got.PodIPs[1].IP != "fd00::1" {
		t.Errorf("got address %q of %v, want 10.244.0.1 and fd00::1", got.PodIP, got.PodIPs)
	}
}

func TestConditionTimeChangesWithStatusOnly(t *testing.T) {
	first, later := metav1.NewTime(time.Unix(1, 0)), metav1.NewTime(time.Unix(2, 0))
	var list []corev1.PodCondition
	setCondition(&list, corev1.PodReady, false, "A", "a", first)
	setCondition(&list, corev1.PodReady, false, "B", "b", later)
	if got := list[0]; got.LastTransitionTime != first || got.Reason != "B" {
		t.Errorf("same status: got %v since %v, want reason B since %v", got.Reason, got.LastTransitionTime, first)
	}
	setCondition(&list, corev1.PodReady, true, "", "", later)
	if got := list[0]; got.LastTransitionTime != later || len(list) != 1 {
		t.Errorf("other status: got %v since %v, want one condition since %v", list, got.LastTransitionTime, later)
	}
}
