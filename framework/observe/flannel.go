package observe

import (
	"context"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
)

// flannel reads the configuration of a pod network of flannel's; nil in a cluster without
// one.
func flannel(ctx context.Context, client kubernetes.Interface) (*calico.Flannel, error) {
	config, err := client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, calico.FlannelConfigMap, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read flannel's configuration: %w", err)
	}
	return calico.ParseFlannel(config.Data[calico.FlannelConfigKey])
}

// subnetOf adds the subnet that Kubernetes has given a node, and what the node's flannel
// has published of its device.
func subnetOf(node *oracle.Node, n corev1.Node, flannel calico.Flannel) error {
	node.Blocks = nil
	for _, text := range n.Spec.PodCIDRs {
		subnet, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("subnet of the pod network: %w", err)
		}
		node.Blocks = append(node.Blocks, subnet)
	}
	if flannel.Backend != calico.FlannelVXLAN || len(node.Blocks) == 0 {
		return nil
	}
	node.VXLANTunnel = node.Blocks[0].Addr()
	data, ok := n.Annotations[calico.FlannelDataAnnotation]
	if !ok {
		return nil // its flannel has not started yet
	}
	var err error
	node.FlannelHardwareAddress, err = calico.FlannelHardwareAddress(data)
	return err
}
