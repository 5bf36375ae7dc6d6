package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// The kubelet's defaults (kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1).
const (
	kubeletPort   = 10250
	leaseDuration = 40 * time.Second
	// syncInterval is both the kubelet's nodeStatusUpdateFrequency, at which it compares
	// the node's status with its own, and the interval of the lease's renewal.
	syncInterval = 10 * time.Second
	// statusRenewal is nodeStatusReportFrequency, at which it writes one that is as its
	// own.
	statusRenewal = 5 * time.Minute
	maxPods       = 110
)

// registerTimeout bounds the registration of the node. An API server that has just
// started refuses requests until it has made its own roles.
const registerTimeout = time.Minute

// register creates the node, or takes on one that is there already.
func (a *Agent) register(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, poll, registerTimeout, true, func(ctx context.Context) (bool, error) {
		_, last = a.config.Client.CoreV1().Nodes().Create(ctx, a.node(), metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(last) {
			last = a.patchNode(ctx)
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("register the node with the API server: %w", errors.Join(err, last))
	}
	return nil
}

// keepNode keeps the node's lease and status up to date, and writes the status at
// once when it has changed. A node that somebody deletes it does not create again, as
// a kubelet does not (kubelet_node_status.go: registrationCompleted), but it goes on
// with one that appears with its name.
func (a *Agent) keepNode(ctx context.Context) {
	ticker := time.NewTicker(a.syncInterval)
	defer ticker.Stop()
	record := nodeRecord{written: time.Now()} // by register
	renew := func() {
		a.try(ctx, "renew the node's lease and status", func(ctx context.Context) error { return a.syncNode(ctx, &record) })
	}
	renew()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			renew()
		case <-a.condition.changed:
			if !a.try(ctx, "write the node's status", a.writeNode) && sleep(ctx, poll) {
				a.condition.wake()
			}
		}
	}
}

// nodeRecord is what was last seen of the node.
type nodeRecord struct {
	// written is when its status was written at the regular interval.
	written time.Time
	missing bool
}

// syncNode renews the lease of the node that is there, and writes the node's status if
// it is not the agent's or has not been written for long.
func (a *Agent) syncNode(ctx context.Context, record *nodeRecord) error {
	node, err := a.config.Client.CoreV1().Nodes().Get(ctx, a.config.Node, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		if !record.missing {
			a.log.Warn("The node is deleted; the agent goes on when it is created again")
		}
		record.missing = true
		return nil
	}
	if err != nil {
		return err
	}
	record.missing = false
	if err := a.renewLease(ctx, node.UID); err != nil {
		return err
	}
	if reported(node.Status, a.nodeStatus()) && time.Since(record.written) < statusRenewal {
		return nil
	}
	if err := a.writeNode(ctx); err != nil {
		return err
	}
	record.written = time.Now()
	return nil
}

// try makes a request that will be made again anyway, and logs why it failed.
func (a *Agent) try(ctx context.Context, what string, request func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := request(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		a.log.Warn("The API server refuses", "what", what, "error", err)
	}
	return err == nil
}

// renewLease renews the lease of the node with a UID, or creates it. The owner is
// written each time: that of a lease from before the node was created again is gone,
// and the garbage collector deletes what belongs to it.
func (a *Agent) renewLease(ctx context.Context, uid types.UID) error {
	client := a.config.Client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	now := metav1.NowMicro()
	owners := []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: a.config.Node, UID: uid}}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"ownerReferences": owners},
		"spec":     map[string]any{"renewTime": now},
	})
	if err != nil {
		return err
	}
	_, err = client.Patch(ctx, a.config.Node, types.MergePatchType, patch, metav1.PatchOptions{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	duration := int32(leaseDuration.Seconds())
	_, err = client.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: a.config.Node, OwnerReferences: owners},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &a.config.Node, LeaseDurationSeconds: &duration, RenewTime: &now},
	}, metav1.CreateOptions{})
	return err
}

// writeNode writes the node's status. A node that is not there has none to write, and
// gets it when it is.
func (a *Agent) writeNode(ctx context.Context) error {
	err := a.patchNode(ctx)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// reported reports whether a node's status has what the agent writes, whenever that
// was written. Others write to the status too: a node that was created again has the
// status that its creator gave it, and the node lifecycle controller's is Unknown
// after an API server was away for longer than a lease.
func reported(status, own corev1.NodeStatus) bool {
	for _, wanted := range own.Conditions {
		if !slices.ContainsFunc(status.Conditions, func(c corev1.NodeCondition) bool {
			return c.Type == wanted.Type && c.Status == wanted.Status && c.Reason == wanted.Reason && c.Message == wanted.Message
		}) {
			return false
		}
	}
	for _, address := range own.Addresses {
		if !slices.Contains(status.Addresses, address) {
			return false
		}
	}
	return equality.Semantic.DeepEqual(status.Capacity, own.Capacity) &&
		equality.Semantic.DeepEqual(status.Allocatable, own.Allocatable) &&
		status.DaemonEndpoints == own.DaemonEndpoints &&
		status.NodeInfo.KubeletVersion == own.NodeInfo.KubeletVersion
}

// patchNode writes the agent's part of the node's status: conditions and addresses
// of other types stay, and so does everything outside of the status.
func (a *Agent) patchNode(ctx context.Context) error {
	patch, err := json.Marshal(map[string]any{"status": a.nodeStatus()})
	if err != nil {
		return fmt.Errorf("encode the node's status: %w", err)
	}
	_, err = a.config.Client.CoreV1().Nodes().Patch(
		ctx, a.config.Node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// node is the node as it is created.
func (a *Agent) node() *corev1.Node {
	labels := map[string]string{
		corev1.LabelHostname:   a.config.Node,
		corev1.LabelOSStable:   "linux",
		corev1.LabelArchStable: runtime.GOARCH,
	}
	maps.Copy(labels, a.config.Labels)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: a.config.Node, Labels: labels, Annotations: a.config.Annotations},
		Status:     a.nodeStatus(),
	}
}

func (a *Agent) nodeStatus() corev1.NodeStatus {
	current, _ := a.condition.get()
	ready := corev1.ConditionFalse
	if current.ready {
		ready = corev1.ConditionTrue
	}
	now := metav1.Now()
	conditions := []corev1.NodeCondition{{
		Type: corev1.NodeReady, Status: ready, Reason: current.reason, Message: current.message,
		LastHeartbeatTime: now, LastTransitionTime: current.since,
	}}
	for _, pressure := range []corev1.NodeConditionType{corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure} {
		conditions = append(conditions, corev1.NodeCondition{
			Type: pressure, Status: corev1.ConditionFalse, Reason: "NotMeasured", Message: "the lab's node agent measures no pressure",
			LastHeartbeatTime: now, LastTransitionTime: a.condition.begun,
		})
	}
	// A lab's nodes share the machine, and nothing is enforced.
	resources := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("8"),
		corev1.ResourceMemory: resource.MustParse("16Gi"),
		corev1.ResourcePods:   *resource.NewQuantity(maxPods, resource.DecimalSI),
	}
	return corev1.NodeStatus{
		Capacity: resources, Allocatable: resources, Conditions: conditions,
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: a.config.Address.String()},
			{Type: corev1.NodeHostName, Address: a.config.Node},
		},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: kubeletPort}},
		NodeInfo: corev1.NodeSystemInfo{
			KubeletVersion: a.config.Version, KernelVersion: kernelVersion(),
			OperatingSystem: "linux", Architecture: runtime.GOARCH,
			OSImage: "rackproof lab", ContainerRuntimeVersion: "process://" + a.config.Version,
		},
	}
}

func kernelVersion() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
