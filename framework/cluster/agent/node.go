package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
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
	leaseRenewal  = 10 * time.Second
	statusRenewal = 5 * time.Minute
	maxPods       = 110
)

// registerTimeout bounds the registration of the node. An API server that has just
// started refuses requests until it has made its own roles.
const registerTimeout = time.Minute

// register creates the node, or takes on one that is there already.
func (a *Agent) register(ctx context.Context) (types.UID, error) {
	var uid types.UID
	var last error
	err := wait.PollUntilContextTimeout(ctx, poll, registerTimeout, true, func(ctx context.Context) (bool, error) {
		var node *corev1.Node
		node, last = a.config.Client.CoreV1().Nodes().Create(ctx, a.node(), metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(last) {
			node, last = a.patchNode(ctx)
		}
		if last == nil {
			uid = node.UID
		}
		return last == nil, nil
	})
	if err != nil {
		return "", fmt.Errorf("register the node with the API server: %w", errors.Join(err, last))
	}
	return uid, nil
}

// keepNode renews the node's lease, and writes its status when it has changed and
// from time to time.
func (a *Agent) keepNode(ctx context.Context, uid types.UID) {
	lease, status := time.NewTicker(leaseRenewal), time.NewTicker(statusRenewal)
	defer lease.Stop()
	defer status.Stop()
	a.try(ctx, "renew the node's lease", func(ctx context.Context) error { return a.renewLease(ctx, uid) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-lease.C:
			a.try(ctx, "renew the node's lease", func(ctx context.Context) error { return a.renewLease(ctx, uid) })
		case <-status.C:
			a.try(ctx, "write the node's status", a.writeNode)
		case <-a.condition.changed:
			if !a.try(ctx, "write the node's status", a.writeNode) && sleep(ctx, poll) {
				a.condition.wake()
			}
		}
	}
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

func (a *Agent) renewLease(ctx context.Context, uid types.UID) error {
	client := a.config.Client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	now := metav1.NowMicro()
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"renewTime": now}})
	if err != nil {
		return err
	}
	_, err = client.Patch(ctx, a.config.Node, types.MergePatchType, patch, metav1.PatchOptions{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	duration := int32(leaseDuration.Seconds())
	_, err = client.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Name: a.config.Node,
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "Node", Name: a.config.Node, UID: uid,
			}},
		},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &a.config.Node, LeaseDurationSeconds: &duration, RenewTime: &now},
	}, metav1.CreateOptions{})
	return err
}

func (a *Agent) writeNode(ctx context.Context) error {
	_, err := a.patchNode(ctx)
	return err
}

// patchNode writes the agent's part of the node's status: conditions and addresses
// of other types stay, and so does all that is not status.
func (a *Agent) patchNode(ctx context.Context) (*corev1.Node, error) {
	patch, err := json.Marshal(map[string]any{"status": a.nodeStatus()})
	if err != nil {
		return nil, fmt.Errorf("encode the node's status: %w", err)
	}
	return a.config.Client.CoreV1().Nodes().Patch(
		ctx, a.config.Node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
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
