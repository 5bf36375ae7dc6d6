package observe

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router/drivers"
)

// Cluster reads a lab's cluster by its API. It keeps its connections and what it
// has read last, so a lab needs one only. It is safe for concurrent use.
type Cluster struct {
	lab    lab.Lab
	client kubernetes.Interface
	store  *datastore.Store

	mu sync.Mutex
	// known is what was read when the datastore had the revision, and holds as long as
	// it has that: a wait looks ten times in a second, and the cluster seldom changes.
	known    oracle.State
	revision string
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
// routers it says what they are configured to do now; of cut links it knows nothing.
func (c *Cluster) State(ctx context.Context) (oracle.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	revision, err := c.currentRevision(ctx)
	if err != nil {
		return oracle.State{}, err
	}
	if revision != c.revision {
		// A change during the reading gives a later revision, and the state is read
		// again.
		known, err := c.read(ctx)
		if err != nil {
			return oracle.State{}, err
		}
		c.known, c.revision = known, revision
	}
	state := c.known
	if state.Nodes, err = withEndRoutes(c.lab, state); err != nil {
		return state, err
	}
	state.CutLinks = map[string]bool{}
	state.Routers, err = Routers(ctx, c.lab)
	return state, err
}

// currentRevision is the revision of the whole datastore: a list that is asked for
// without a resource version is as new as the datastore, and tells which revision
// that is (Kubernetes API concepts, "Resource versions").
func (c *Cluster) currentRevision(ctx context.Context) (string, error) {
	list, err := c.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return "", fmt.Errorf("ask for the datastore's revision: %w", err)
	}
	return list.ResourceVersion, nil
}

func (c *Cluster) read(ctx context.Context) (oracle.State, error) {
	state := oracle.State{Topology: c.lab.Topology(), Software: drivers.Software(), StockBIRD: !c.lab.CalicoBIRD(), Backend: c.lab.Mode().Backend}
	if err := c.checkSupported(ctx); err != nil {
		return state, err
	}
	var err error
	if state.Resources, err = c.store.Read(ctx); err != nil {
		return state, err
	}
	blocks, err := c.store.Blocks(ctx)
	if err != nil {
		return state, err
	}
	borrowed, err := c.store.Borrowed(ctx)
	if err != nil {
		return state, err
	}
	workloads, err := workloads(ctx, c.client)
	if err != nil {
		return state, err
	}
	if state.Services, err = services(ctx, c.client, c.lab.Topology().Services.Families()); err != nil {
		return state, err
	}
	if state.Passwords, err = passwords(ctx, c.client, state.Resources.BGPPeers); err != nil {
		return state, err
	}
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return state, fmt.Errorf("list the nodes: %w", err)
	}
	if state.Flannel, err = flannel(ctx, c.client); err != nil {
		return state, err
	}
	for _, n := range nodes.Items {
		labels, err := calico.MergedLabels(n.Labels, n.Annotations)
		if err != nil {
			return state, fmt.Errorf("node %s: %w", n.Name, err)
		}
		node := oracle.Node{
			Name: n.Name, Labels: labels, Blocks: blocks[n.Name], Borrowed: borrowed[n.Name], Workloads: workloads[n.Name],
			ReflectorClusterID: n.Annotations[calico.ReflectorClusterIDAnnotation],
		}
		if err := annotate(&node, n.Annotations); err != nil {
			return state, fmt.Errorf("node %s: %w", n.Name, err)
		}
		if state.Flannel != nil {
			if err := subnetOf(&node, n, *state.Flannel); err != nil {
				return state, fmt.Errorf("node %s: %w", n.Name, err)
			}
		}
		state.Nodes = append(state.Nodes, node)
	}
	return state, nil
}

// annotate adds the settings that Calico keeps in a Kubernetes Node's annotations.
// Those that are not there are left as they are.
func annotate(node *oracle.Node, annotations map[string]string) error {
	if err := calico.CheckAnnotations(annotations); err != nil {
		return err
	}
	as := func(text string) error {
		number, err := strconv.ParseUint(text, 10, 32)
		node.AS = uint32(number)
		return err
	}
	address := func(into *netip.Addr) func(string) error {
		return func(text string) (err error) {
			*into, err = netip.ParseAddr(text)
			return err
		}
	}
	subnet := func(text string) (err error) {
		node.Subnet, err = netip.ParsePrefix(text)
		return err
	}
	for annotation, read := range map[string]func(string) error{
		calico.ASNumberAnnotation:           as,
		calico.IPv4AddressAnnotation:        subnet,
		calico.IPIPTunnelAddressAnnotation:  address(&node.IPIPTunnel),
		calico.VXLANTunnelAddressAnnotation: address(&node.VXLANTunnel),
	} {
		if text, ok := annotations[annotation]; ok {
			if err := read(text); err != nil {
				return fmt.Errorf("annotation %s: %w", annotation, err)
			}
		}
	}
	return nil
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
