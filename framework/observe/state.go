package observe

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
)

// Cluster reads a lab's cluster by its API. It keeps its connections, so a lab
// needs one only.
type Cluster struct {
	lab    lab.Lab
	client kubernetes.Interface
	store  *datastore.Store
}

// NewCluster makes a reader of a lab's cluster.
func NewCluster(l lab.Lab) (*Cluster, error) {
	dynamicClient, err := dynamic.NewForConfig(l.Kubernetes())
	if err != nil {
		return nil, fmt.Errorf("make a client for the lab's API: %w", err)
	}
	client, err := kubernetes.NewForConfig(l.Kubernetes())
	if err != nil {
		return nil, fmt.Errorf("make a client for the lab's API: %w", err)
	}
	return &Cluster{lab: l, client: client, store: datastore.New(dynamicClient)}, nil
}

// State reads what the oracle has to know: Calico's resources, the nodes'
// settings, the blocks that they own, the pods that run on them, and services. Of
// routers and cut links it says what the lab was made with.
func (c *Cluster) State(ctx context.Context) (oracle.State, error) {
	state := oracle.State{Topology: c.lab.Topology(), CutLinks: map[string]bool{}}
	var err error
	if state.Routers, err = Routers(ctx, c.lab); err != nil {
		return state, err
	}
	if state.Resources, err = c.store.Read(ctx); err != nil {
		return state, err
	}
	blocks, err := c.store.Blocks(ctx)
	if err != nil {
		return state, err
	}
	workloads, err := workloads(ctx, c.client)
	if err != nil {
		return state, err
	}
	if state.Services, err = services(ctx, c.client); err != nil {
		return state, err
	}
	if state.Passwords, err = passwords(ctx, c.client, state.Resources.BGPPeers); err != nil {
		return state, err
	}
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return state, fmt.Errorf("list the nodes: %w", err)
	}
	for _, n := range nodes.Items {
		node := oracle.Node{
			Name: n.Name, Labels: n.Labels, Blocks: blocks[n.Name], Workloads: workloads[n.Name],
			ReflectorClusterID: n.Annotations[calico.ReflectorClusterIDAnnotation],
		}
		if text, ok := n.Annotations[calico.ASNumberAnnotation]; ok {
			as, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return state, fmt.Errorf("node %s: annotation %s: %w", n.Name, calico.ASNumberAnnotation, err)
			}
			node.AS = uint32(as)
		}
		state.Nodes = append(state.Nodes, node)
	}
	return state, nil
}

// workloads lists the pods that have a network of their own, by node. A pod has
// a route from its CNI ADD, which gives it its address, to its CNI DEL, which
// comes before the pod goes.
func workloads(ctx context.Context, client kubernetes.Interface) (map[string][]oracle.Workload, error) {
	pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the pods: %w", err)
	}
	byNode := map[string][]oracle.Workload{}
	for _, pod := range pods.Items {
		if pod.Spec.HostNetwork || pod.Status.PodIP == "" || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		address, err := netip.ParseAddr(pod.Status.PodIP)
		if err != nil {
			return nil, fmt.Errorf("pod %s/%s: %w", pod.Namespace, pod.Name, err)
		}
		byNode[pod.Spec.NodeName] = append(byNode[pod.Spec.NodeName], oracle.Workload{
			Address: address, Interface: oracle.InterfaceName(pod.Namespace, pod.Name),
		})
	}
	return byNode, nil
}
