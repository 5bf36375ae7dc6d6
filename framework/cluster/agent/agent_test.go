package agent

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"
)

// patience bounds the wait for anything that a test expects to happen.
const patience = 20 * time.Second

// node is an agent under test with its surroundings.
type node struct {
	t       *testing.T
	agent   *Agent
	client  kubernetes.Interface
	machine *plainMachine
	plugin  fakePlugin
	// identity is the certificate of the kubelet and of its client, and roots
	// trusts it.
	identity tls.Certificate
	roots    *x509.CertPool
	logs     string
	stop     func()
}

// newNode makes an agent; start is to follow.
func newNode(t *testing.T, objects ...*corev1.Pod) *node {
	t.Helper()
	n := &node{t: t, client: fake.NewClientset(), machine: newPlainMachine(), plugin: newFakePlugin(t), logs: t.TempDir()}
	for _, pod := range objects {
		n.create(pod)
	}
	n.identity, n.roots = newIdentity(t)
	var err error
	n.agent, err = New(Config{
		Node: "node0", Address: netip.MustParseAddr("127.0.0.1"), Labels: map[string]string{"rack": "rack0"}, Version: "v1.34.3",
		Client: n.client, Machine: n.machine,
		Images:      map[string][]string{"shell": {"/bin/sh", "-c", "exec sleep 1000"}},
		Environment: []string{"PATH=" + os.Getenv("PATH")},
		Network:     Network{Configuration: []byte(fakeNetwork), PluginPath: []string{n.plugin.folder}, CacheDir: t.TempDir()},
		Certificate: n.identity, ClientCA: n.roots, LogDir: n.logs, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// start runs the agent until the test ends or n.stop is called.
func (n *node) start() *node {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.agent.Run(ctx) }()
	stopped := false
	n.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				n.t.Errorf("the agent ended with %v", err)
			}
		case <-time.After(patience):
			n.t.Error("the agent does not end")
		}
	}
	n.t.Cleanup(n.stop)
	select {
	case <-n.agent.Ready():
	case err := <-ended:
		n.t.Fatalf("the agent ended before it was ready: %v", err)
	case <-time.After(patience):
		n.t.Fatal("the agent is not ready")
	}
	return n
}

// shellPod is a pod of one container that runs a shell script.
func shellPod(name, script string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID(name + "-uid")},
		Spec: corev1.PodSpec{
			NodeName: "node0", RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: new(int64(patience.Seconds())),
			Containers: []corev1.Container{{Name: "main", Image: "shell", Args: []string{"-c", script}}},
		},
	}
}

func (n *node) create(pod *corev1.Pod) {
	n.t.Helper()
	if _, err := n.client.CoreV1().Pods(pod.Namespace).Create(n.t.Context(), pod, metav1.CreateOptions{}); err != nil {
		n.t.Fatal(err)
	}
}

// mark asks for the deletion of a pod as the API server does for a client: the
// object stays until the agent deletes it.
func (n *node) mark(pod *corev1.Pod, grace int64) {
	n.t.Helper()
	pods := n.client.CoreV1().Pods(pod.Namespace)
	current, err := pods.Get(n.t.Context(), pod.Name, metav1.GetOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	now := metav1.Now()
	current.DeletionTimestamp, current.DeletionGracePeriodSeconds = &now, &grace
	if _, err := pods.Update(n.t.Context(), current, metav1.UpdateOptions{}); err != nil {
		n.t.Fatal(err)
	}
}

// until waits until a pod's status is as wanted, and returns it.
func (n *node) until(what string, pod *corev1.Pod, is func(*corev1.PodStatus) bool) *corev1.PodStatus {
	n.t.Helper()
	var last corev1.PodStatus
	n.eventually(what, func() bool {
		current, err := n.client.CoreV1().Pods(pod.Namespace).Get(n.t.Context(), pod.Name, metav1.GetOptions{})
		if err != nil {
			n.t.Fatalf("%s: %v", what, err)
		}
		last = current.Status
		return is(&last)
	}, &last)
	return &last
}

func (n *node) eventually(what string, is func() bool, last any) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if !sleep(n.t.Context(), 10*time.Millisecond) || time.Now().After(deadline) {
			n.t.Fatalf("not in time: %s; last seen: %+v", what, last)
		}
	}
}

func (n *node) untilGone(pod *corev1.Pod) {
	n.t.Helper()
	n.eventually("the pod is deleted", func() bool {
		_, err := n.client.CoreV1().Pods(pod.Namespace).Get(n.t.Context(), pod.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	}, nil)
}

func ready(status *corev1.PodStatus) bool {
	return slices.ContainsFunc(status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// log is what the container of a shellPod has written so far.
func (n *node) log(pod *corev1.Pod) string {
	data, err := os.ReadFile(filepath.Join(n.logs, pod.Namespace+"_"+pod.Name+"_main.log"))
	if err != nil && !os.IsNotExist(err) {
		n.t.Fatal(err)
	}
	return string(data)
}

func TestPodFromBindingToDeletion(t *testing.T) {
	n := newNode(t).start()
	pod := shellPod("app", `echo "in $HOSTNAME with $COLOUR"; trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done`)
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "COLOUR", Value: "blue"}}
	n.create(pod)
	status := n.until("ready", pod, ready)
	if status.Phase != corev1.PodRunning || status.PodIP != "127.0.0.1" || !*status.ContainerStatuses[0].Started {
		t.Errorf("got phase %s, address %s, container %+v", status.Phase, status.PodIP, status.ContainerStatuses[0])
	}
	n.eventually("its output is there", func() bool { return n.log(pod) == "in app with blue\n" }, nil)

	began := time.Now()
	n.mark(pod, int64(patience.Seconds()))
	n.untilGone(pod)
	if took := time.Since(began); took > patience/2 {
		t.Errorf("deletion took %s: the agent waited for the grace period of a pod that had ended", took)
	}
	if got := n.log(pod); !strings.HasSuffix(got, "bye\n") {
		t.Errorf("the container was not asked to end: its log is %q", got)
	}
	if got, want := n.plugin.calls(t, pod.UID), []string{"ADD", "DEL"}; !slices.Equal(got, want) {
		t.Errorf("CNI calls %v, want %v", got, want)
	}
	if n.machine.hasNetwork(pod.UID) {
		t.Error("the pod's network namespace is still there")
	}
}

func TestPodThatIsThereBefore(t *testing.T) {
	pod := shellPod("app", "exec sleep 1000")
	pod.Status.PodIP = "127.0.0.1"
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", ContainerID: "process://old", RestartCount: 2}}
	n := newNode(t, pod).start()
	status := n.until("ready", pod, ready)
	if got := status.ContainerStatuses[0].RestartCount; got != 3 {
		t.Errorf("restart count %d, want one more than before: 3", got)
	}
	if got, want := n.plugin.calls(t, pod.UID), []string{"DEL", "ADD"}; !slices.Equal(got, want) {
		t.Errorf("CNI calls %v, want what an earlier agent left to be taken down first: %v", got, want)
	}
}

func TestPodThatIgnoresSIGTERM(t *testing.T) {
	n := newNode(t).start()
	pod := shellPod("app", `trap '' TERM; echo up; while :; do sleep 0.05; done`)
	n.create(pod)
	n.eventually("it has set its trap", func() bool { return n.log(pod) != "" }, nil)
	n.mark(pod, 1)
	n.untilGone(pod)
}

func TestPodDeletedByForce(t *testing.T) {
	n := newNode(t).start()
	pod := shellPod("app", `echo one; exec sleep 1000`)
	n.create(pod)
	n.until("ready", pod, ready)
	if err := n.client.CoreV1().Pods("default").Delete(t.Context(), "app", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	again := shellPod("app", `echo two; exec sleep 1000`)
	again.UID = "another"
	n.create(again)
	n.until("the new pod is ready", again, ready)
	n.eventually("the old pod's network is gone", func() bool { return !n.machine.hasNetwork(pod.UID) }, nil)
	n.eventually("the log is the new pod's", func() bool { return n.log(again) == "two\n" }, nil)
}

func TestPodDeletedWhileItHasNoNetwork(t *testing.T) {
	n := newNode(t).start()
	if err := os.WriteFile(n.plugin.broken(), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	pod := shellPod("app", "exec sleep 1000")
	n.create(pod)
	n.until("the status says why", pod, func(s *corev1.PodStatus) bool {
		return len(s.ContainerStatuses) > 0 && strings.Contains(s.ContainerStatuses[0].State.Waiting.Message, "not up yet")
	})
	n.mark(pod, 1)
	n.eventually("the agent tries to take the network down", func() bool {
		calls := n.plugin.calls(t, pod.UID)
		return calls[len(calls)-1] == "DEL"
	}, nil)
	if err := os.Remove(n.plugin.broken()); err != nil {
		t.Fatal(err)
	}
	n.untilGone(pod)
}

func TestRestart(t *testing.T) {
	n := newNode(t).start()
	for _, code := range []string{"0", "3"} {
		pod := shellPod("exit-"+code, "echo run; exit "+code)
		n.create(pod)
		status := n.until("it waits for its second restart", pod, func(s *corev1.PodStatus) bool {
			if s.Phase != corev1.PodRunning || len(s.ContainerStatuses) == 0 {
				return false
			}
			c := s.ContainerStatuses[0]
			return c.State.Waiting != nil && c.State.Waiting.Reason == "CrashLoopBackOff" && c.RestartCount == 1
		})
		ended := status.ContainerStatuses[0].LastTerminationState.Terminated
		if ended == nil || strconv.Itoa(int(ended.ExitCode)) != code {
			t.Errorf("got %+v, want exit code %s", ended, code)
		}
		if got := n.log(pod); got != "run\nrun\n" {
			t.Errorf("the log is %q, want that of both runs", got)
		}
	}
}

// webServer answers on 127.0.0.1 until the test ends.
func webServer(t *testing.T, handle http.HandlerFunc) (port intstr.IntOrString) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return intstr.FromInt32(int32(server.Listener.Addr().(*net.TCPAddr).Port))
}

func TestReadiness(t *testing.T) {
	var up atomic.Bool
	port := webServer(t, func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		}
	})
	n := newNode(t).start()
	pod := shellPod("app", "exec sleep 1000")
	pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: port}}, PeriodSeconds: 1, FailureThreshold: 1,
	}
	n.create(pod)
	n.until("runs and is not ready", pod, func(s *corev1.PodStatus) bool { return s.Phase == corev1.PodRunning && !ready(s) })
	up.Store(true)
	n.until("ready", pod, ready)
	up.Store(false)
	n.until("not ready any more", pod, func(s *corev1.PodStatus) bool { return !ready(s) })
}

func TestCheck(t *testing.T) {
	port := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, "http://example.invalid/", http.StatusFound)
		case r.URL.Path != "/ok" || r.URL.RawQuery != "a=b":
			http.Error(w, "not so", http.StatusTeapot)
		}
	})
	c := &container{pod: &pod{agent: newNode(t).agent, addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}}
	tests := []struct {
		name string
		get  corev1.HTTPGetAction
		ok   bool
	}{
		{"answered", corev1.HTTPGetAction{Path: "/ok?a=b", Port: port}, true},
		{"answered with an error", corev1.HTTPGetAction{Path: "/ok", Port: port}, false},
		{"redirected", corev1.HTTPGetAction{Path: "/elsewhere", Port: port}, true},
		{"refused", corev1.HTTPGetAction{Path: "/ok", Port: intstr.FromInt32(1)}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := c.check(t.Context(), &test.get); (err == nil) != test.ok {
				t.Errorf("got %v, want success: %t", err, test.ok)
			}
		})
	}
}

// The first packets between a node and a new pod get lost.
func TestAProbeWithoutAnAnswerDoesNotHoldUpTheNext(t *testing.T) {
	var asked atomic.Int64
	release := make(chan struct{})
	port := webServer(t, func(_ http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= 2 {
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}
	})
	t.Cleanup(func() { close(release) })
	c := &container{
		spec: &corev1.Container{Name: "main"},
		pod:  &pod{agent: newNode(t).agent, addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
	}
	probe := &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: port}},
		PeriodSeconds: 10, TimeoutSeconds: 10, FailureThreshold: 1,
	}
	began := time.Now()
	ctx, stop := context.WithCancel(t.Context())
	c.watch(ctx, probe, func(found verdict, err error) {
		// One that was given up is no failure, or it would be the verdict here.
		if found != healthy {
			t.Errorf("the first verdict is %d: %v", found, err)
		}
		stop()
	})
	if took := time.Since(began); took > seconds(probe.TimeoutSeconds)/2 || asked.Load() != 3 {
		t.Errorf("the container is healthy after %s and %d probes, want 3 probes", took, asked.Load())
	}
}

func TestPodsThatAreNotRun(t *testing.T) {
	n := newNode(t).start()
	unknown := shellPod("unknown", "true")
	unknown.Spec.Containers[0].Image = "other"
	mounted := shellPod("mounted", "true")
	mounted.Spec.Volumes = []corev1.Volume{{Name: "scratch"}}
	for pod, want := range map[*corev1.Pod]string{unknown: reasonNoImage, mounted: reasonConfigError} {
		n.create(pod)
		n.until(want, pod, func(s *corev1.PodStatus) bool {
			return s.Phase == corev1.PodPending && len(s.ContainerStatuses) > 0 && s.ContainerStatuses[0].State.Waiting != nil &&
				s.ContainerStatuses[0].State.Waiting.Reason == want
		})
		n.mark(pod, 30)
		n.untilGone(pod)
	}
}

func TestPodsWaitForTheNode(t *testing.T) {
	n := newNode(t)
	n.agent.SetReady(false, "NetworkNotReady", "Calico is not up yet")
	n.start()
	pod := shellPod("app", "exec sleep 1000")
	onHost := shellPod("on-host", "exec sleep 1000")
	onHost.Spec.HostNetwork = true
	n.create(pod)
	n.create(onHost)
	n.until("a pod of the host's network does not wait", onHost, ready)
	n.until("the status says what for", pod, func(s *corev1.PodStatus) bool {
		return len(s.ContainerStatuses) > 0 && strings.Contains(s.ContainerStatuses[0].State.Waiting.Message, "Calico is not up yet")
	})
	n.agent.SetReady(true, "KubeletReady", "")
	n.until("ready", pod, ready)
	if calls := n.plugin.calls(t, onHost.UID); len(calls) > 0 {
		t.Errorf("CNI calls %v for a pod of the host's network", calls)
	}
}

func TestNode(t *testing.T) {
	n := newNode(t).start()
	nodes := n.client.CoreV1().Nodes()
	get := func() *corev1.Node {
		node, err := nodes.Get(t.Context(), "node0", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return node
	}
	node := get()
	if node.Labels["rack"] != "rack0" || node.Labels[corev1.LabelHostname] != "node0" || len(node.Spec.Taints) > 0 {
		t.Errorf("labels %v and taints %v", node.Labels, node.Spec.Taints)
	}
	n.eventually("it has a lease", func() bool {
		lease, err := n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(t.Context(), "node0", metav1.GetOptions{})
		return err == nil && *lease.Spec.HolderIdentity == "node0" && lease.Spec.RenewTime != nil
	}, nil)

	// Others change the node, and the agent writes its status after that.
	node.Labels["rack"] = "rack1"
	node.Status.Conditions = append(node.Status.Conditions, corev1.NodeCondition{Type: corev1.NodeNetworkUnavailable, Status: corev1.ConditionFalse})
	if _, err := nodes.Update(t.Context(), node, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	condition := func(node *corev1.Node, kind corev1.NodeConditionType) corev1.ConditionStatus {
		for _, c := range node.Status.Conditions {
			if c.Type == kind {
				return c.Status
			}
		}
		return ""
	}
	n.agent.SetReady(false, "NetworkNotReady", "")
	n.eventually("the node is not ready", func() bool { return condition(get(), corev1.NodeReady) == corev1.ConditionFalse }, nil)
	node = get()
	if node.Labels["rack"] != "rack1" || condition(node, corev1.NodeNetworkUnavailable) != corev1.ConditionFalse {
		t.Errorf("the agent has undone what others wrote: labels %v, conditions %v", node.Labels, node.Status.Conditions)
	}
}

func TestANodeThatIsCreatedAgain(t *testing.T) {
	n := newNode(t)
	n.agent.syncInterval = 20 * time.Millisecond
	n.start()
	nodes, leases := n.client.CoreV1().Nodes(), n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	leaseOf := func(uid types.UID) func() bool {
		return func() bool {
			lease, err := leases.Get(t.Context(), "node0", metav1.GetOptions{})
			return err == nil && len(lease.OwnerReferences) == 1 && lease.OwnerReferences[0].UID == uid
		}
	}
	n.eventually("it has a lease", leaseOf(""), nil)
	before, err := leases.Get(t.Context(), "node0", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := nodes.Delete(t.Context(), "node0", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	// A node that is missing has no lease renewed, and is not created; the pods run on.
	n.agent.SetReady(true, "KubeletReady", "still")
	looks := func() int {
		return len(slices.DeleteFunc(n.client.(*fake.Clientset).Actions(), func(a clienttesting.Action) bool { return !a.Matches("get", "nodes") }))
	}
	last := looks()
	n.eventually("the agent looks for it three times", func() bool { return looks() >= last+3 }, nil)
	if _, err := nodes.Get(t.Context(), "node0", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the agent has created a node that somebody deleted (%v)", err)
	}
	for _, lease := range []bool{false, true} {
		// The garbage collector deletes the old node's lease sooner or later.
		if lease {
			if err := nodes.Delete(t.Context(), "node0", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := leases.Delete(t.Context(), "node0", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		uid := types.UID("new-" + strconv.FormatBool(lease))
		if _, err := nodes.Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node0", UID: uid}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		n.eventually("the new node has a lease", leaseOf(uid), nil)
		n.eventually("the new node has a status", func() bool {
			node, err := nodes.Get(t.Context(), "node0", metav1.GetOptions{})
			return err == nil && reported(node.Status, n.agent.nodeStatus())
		}, nil)
	}
	if after, err := leases.Get(t.Context(), "node0", metav1.GetOptions{}); err != nil || !after.Spec.RenewTime.After(before.Spec.RenewTime.Time) {
		t.Errorf("the lease is not renewed: %v, %v", after, err)
	}
}

func TestReported(t *testing.T) {
	a := newNode(t).agent
	tests := []struct {
		name   string
		change func(*corev1.NodeStatus)
		want   bool
	}{
		{"as written", func(*corev1.NodeStatus) {}, true},
		{"written before", func(s *corev1.NodeStatus) {
			s.Conditions[0].LastHeartbeatTime = metav1.NewTime(time.Unix(1, 0))
		}, true},
		{"others' conditions and addresses too", func(s *corev1.NodeStatus) {
			s.Conditions = append(s.Conditions, corev1.NodeCondition{Type: corev1.NodeNetworkUnavailable})
			s.Addresses = append(s.Addresses, corev1.NodeAddress{Type: corev1.NodeExternalIP, Address: "192.0.2.1"})
		}, true},
		{"nothing", func(s *corev1.NodeStatus) { *s = corev1.NodeStatus{} }, false},
		{"unknown for its lifecycle controller", func(s *corev1.NodeStatus) { s.Conditions[0].Status = corev1.ConditionUnknown }, false},
		{"without an address", func(s *corev1.NodeStatus) { s.Addresses = s.Addresses[1:] }, false},
		{"without room for pods", func(s *corev1.NodeStatus) { s.Allocatable = nil }, false},
		{"without the kubelet's port", func(s *corev1.NodeStatus) { s.DaemonEndpoints.KubeletEndpoint.Port = 0 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status := *new(a.nodeStatus()).DeepCopy()
			tt.change(&status)
			if got := reported(status, a.nodeStatus()); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestEndOfTheAgentKillsItsPods(t *testing.T) {
	n := newNode(t).start()
	// $$$$ is $$ to the shell.
	pod := shellPod("app", "trap '' TERM; echo $$$$; while :; do sleep 0.01; done")
	n.create(pod)
	n.eventually("it runs", func() bool { return strings.HasSuffix(n.log(pod), "\n") }, nil)
	pid, err := strconv.Atoi(strings.TrimSpace(n.log(pod)))
	if err != nil {
		t.Fatal(err)
	}
	n.stop()
	if err := unix.Kill(pid, 0); !errors.Is(err, unix.ESRCH) {
		t.Errorf("the pod's process %d still runs (%v)", pid, err)
	}
	if _, err := n.client.CoreV1().Pods("default").Get(t.Context(), "app", metav1.GetOptions{}); err != nil {
		t.Errorf("the pod is not the agent's to delete: %v", err)
	}
}

// kubelet is a client configuration for the agent's kubelet API.
func (n *node) kubelet() *rest.Config {
	address := <-n.machine.listening
	n.machine.listening <- address
	return &rest.Config{
		Host: "https://" + address.String(),
		Transport: &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: n.roots, Certificates: []tls.Certificate{n.identity},
		}},
	}
}

func (n *node) request(target string) *http.Request {
	n.t.Helper()
	request, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, target, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	return request
}

func (n *node) get(path string) (int, string) {
	n.t.Helper()
	config := n.kubelet()
	client := &http.Client{Transport: config.Transport}
	defer client.CloseIdleConnections()
	answer, err := client.Do(n.request(config.Host + path))
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestLogs(t *testing.T) {
	n := newNode(t).start()
	pod := shellPod("app", "echo one; echo two; exec sleep 1000")
	n.create(pod)
	n.eventually("its output is there", func() bool { return n.log(pod) == "one\ntwo\n" }, nil)
	tests := []struct {
		name, path string
		code       int
		want       string
	}{
		{"all", "/containerLogs/default/app/main", http.StatusOK, "one\ntwo\n"},
		{"an option", "/containerLogs/default/app/main?tailLines=1", http.StatusBadRequest, "the lab's node agent does not support tailLines"},
		{"unknown container", "/containerLogs/default/app/other", http.StatusNotFound, "other"},
		{"unknown pod", "/containerLogs/default/other/main", http.StatusNotFound, "default/other"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, body := n.get(test.path)
			if code != test.code || !strings.Contains(body, test.want) || (code == http.StatusOK && body != test.want) {
				t.Errorf("got %d %q, want %d %q", code, body, test.code, test.want)
			}
		})
	}
}

func TestKubeletWantsACertificate(t *testing.T) {
	n := newNode(t).start()
	config := n.kubelet()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: n.roots}}}
	answer, err := client.Do(n.request(config.Host + "/healthz"))
	if err == nil {
		_ = answer.Body.Close()
		t.Errorf("a client without a certificate got %s", answer.Status)
	}
}

func TestExec(t *testing.T) {
	n := newNode(t).start()
	pod := shellPod("app", "exec sleep 1000")
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "COLOUR", Value: "blue"}}
	n.create(pod)
	n.until("ready", pod, ready)
	tests := []struct {
		name   string
		argv   []string
		stdin  string
		tty    bool
		want   string
		stderr string
		code   int
	}{
		{"output and environment", []string{"sh", "-c", "echo $COLOUR; echo bad >&2"}, "", false, "blue\n", "bad\n", 0},
		{"input", []string{"cat"}, "hello", false, "hello", "", 0},
		{"exit code", []string{"sh", "-c", "exit 7"}, "", false, "", "", 7},
		{"killed", []string{"sh", "-c", "kill -9 $$"}, "", false, "", "", 137},
		{"something left behind", []string{"sh", "-c", "sleep 1000 & echo up"}, "", false, "up\n", "", 0},
		{"terminal", []string{"sh", "-c", "test -t 0 && test -t 1 && echo terminal"}, "", true, "terminal\r\n", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			query := url.Values{"command": test.argv, "output": {"1"}}
			var stdout, stderr bytes.Buffer
			options := remotecommand.StreamOptions{Stdout: &stdout, Tty: test.tty}
			if test.stdin != "" {
				query.Set("input", "1")
				options.Stdin = strings.NewReader(test.stdin)
			}
			if test.tty {
				query.Set("tty", "1")
			} else {
				query.Set("error", "1")
				options.Stderr = &stderr
			}
			err := n.exec("/exec/default/app/main?"+query.Encode(), options)
			code := 0
			if exit := (utilexec.CodeExitError{}); errors.As(err, &exit) {
				code = exit.Code
			} else if err != nil {
				t.Fatal(err)
			}
			if stdout.String() != test.want || stderr.String() != test.stderr || code != test.code {
				t.Errorf("got %q, %q, exit code %d, want %q, %q, %d", stdout.String(), stderr.String(), code, test.want, test.stderr, test.code)
			}
		})
	}
}

func (n *node) exec(path string, options remotecommand.StreamOptions) error {
	address := <-n.machine.listening
	n.machine.listening <- address
	target, err := url.Parse("https://" + address.String() + path)
	if err != nil {
		return err
	}
	config := &rest.Config{TLSClientConfig: rest.TLSClientConfig{
		CAData: certificatePEM(n.identity), CertData: certificatePEM(n.identity), KeyData: keyPEM(n.t, n.identity),
	}}
	executor, err := remotecommand.NewSPDYExecutor(config, http.MethodPost, target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	return executor.StreamWithContext(ctx, options)
}

// newIdentity makes a certificate that signs itself and is good for both ends.
func newIdentity(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots
}

func certificatePEM(identity tls.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: identity.Certificate[0]})
}

func keyPEM(t *testing.T, identity tls.Certificate) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(identity.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
