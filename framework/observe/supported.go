package observe

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/oracle"
)

// calicoNode is the name of the container that has Felix, confd and BIRD, and the value
// of its DaemonSet's label.
const calicoNode = "calico-node"

// checkSupported refuses a cluster of which the oracle would expect something wrong,
// whatever its resources say: one of another version of Calico, with settings in
// calico-node's environment that go before the resources, or with HostEndpoints.
func (c *Cluster) checkSupported(ctx context.Context) error {
	version, err := c.store.Version(ctx)
	if err != nil {
		return err
	}
	if err := oracle.CheckVersion(version); err != nil {
		return err
	}
	endpoints, err := c.store.HostEndpoints(ctx)
	if err != nil {
		return err
	}
	if len(endpoints) > 0 {
		return fmt.Errorf("the cluster has HostEndpoint %s: policies decide then whether nodes speak BGP and forward packets, which is not supported: remove it", endpoints[0])
	}
	environment, err := environment(ctx, c.client)
	if err != nil {
		return err
	}
	return oracle.CheckEnvironment(environment)
}

// environment reads the environment of calico-node off its DaemonSet, as far as it does
// not differ between nodes. Where Calico runs without one, whoever starts it gives it an
// environment that is tested.
func environment(ctx context.Context, client kubernetes.Interface) (map[string]string, error) {
	sets, err := client.AppsV1().DaemonSets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{LabelSelector: "k8s-app=" + calicoNode})
	if err != nil {
		return nil, fmt.Errorf("read calico-node's environment: %w", err)
	}
	found := map[string]string{}
	for _, set := range sets.Items {
		for _, container := range set.Spec.Template.Spec.Containers {
			if container.Name != calicoNode {
				continue
			}
			if err := addFrom(ctx, client, set.Namespace, container.EnvFrom, found); err != nil {
				return nil, fmt.Errorf("read calico-node's environment: %w", err)
			}
			for _, variable := range container.Env {
				value, err := valueOf(ctx, client, set.Namespace, variable)
				if err != nil {
					return nil, fmt.Errorf("read calico-node's environment: %s: %w", variable.Name, err)
				}
				found[variable.Name] = value
			}
		}
	}
	return found, nil
}

// addFrom adds the variables of whole ConfigMaps. It refuses those of whole Secrets.
func addFrom(ctx context.Context, client kubernetes.Interface, namespace string, sources []corev1.EnvFromSource, found map[string]string) error {
	for _, source := range sources {
		if source.SecretRef != nil {
			return fmt.Errorf("it has all variables of Secret %s, which are not read: name them one by one", source.SecretRef.Name)
		}
		if source.ConfigMapRef == nil {
			continue
		}
		config, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, source.ConfigMapRef.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) && source.ConfigMapRef.Optional != nil && *source.ConfigMapRef.Optional {
			continue
		}
		if err != nil {
			return err
		}
		for name, value := range config.Data {
			found[source.Prefix+name] = value
		}
	}
	return nil
}

// fromSecret stands for a value that is not read.
const fromSecret = "(from a Secret)"

// valueOf is a variable's value, written down or taken from a ConfigMap; empty for what
// each pod has by itself.
func valueOf(ctx context.Context, client kubernetes.Interface, namespace string, variable corev1.EnvVar) (string, error) {
	if variable.ValueFrom != nil && variable.ValueFrom.SecretKeyRef != nil {
		return fromSecret, nil
	}
	if variable.ValueFrom == nil || variable.ValueFrom.ConfigMapKeyRef == nil {
		return variable.Value, nil
	}
	ref := variable.ValueFrom.ConfigMapKeyRef
	config, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && ref.Optional != nil && *ref.Optional {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return config.Data[ref.Key], nil
}
