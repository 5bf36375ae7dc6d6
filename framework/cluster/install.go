package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/rackproof/rackproof/framework/calico/datastore"
)

const (
	// definitionKind is what the API server calls a kind that others define.
	definitionKind = "CustomResourceDefinition"
	// installTimeout bounds the wait for a definition to be served.
	installTimeout = 3 * time.Minute
	// definitionPoll is shorter than other intervals: all nodes wait for this.
	definitionPoll = 50 * time.Millisecond
)

// installCalico creates definitions and roles of Calico's manifest.
func (c *Cluster) installCalico(ctx context.Context) error {
	return InstallCalico(ctx, c.admin, c.config.Manifests)
}

// InstallCalico creates, as an administrator, what Calico's manifest has besides its
// workloads: definitions and roles. It returns when the definitions are served.
func InstallCalico(ctx context.Context, admin *rest.Config, manifests []byte) error {
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	objects, err := decodeManifests(manifests)
	if err != nil {
		return err
	}
	tasks, taskCtx := errgroup.WithContext(ctx)
	for _, object := range objects {
		resource, wanted := installed()[object.GetKind()]
		if !wanted {
			continue
		}
		tasks.Go(func() error {
			_, err := client.Resource(resource).Create(taskCtx, &object, metav1.CreateOptions{})
			if err == nil && object.GetKind() == definitionKind {
				err = waitEstablished(taskCtx, client.Resource(resource), object.GetName())
			}
			if err != nil {
				return fmt.Errorf("create Calico's %s %s: %w", object.GetKind(), object.GetName(), err)
			}
			return nil
		})
	}
	return tasks.Wait()
}

// installed are the kinds of Calico's manifest that a lab creates.
func installed() map[string]schema.GroupVersionResource {
	return map[string]schema.GroupVersionResource{
		definitionKind:       {Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
		"ClusterRole":        {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
		"ClusterRoleBinding": {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
	}
}

func decodeManifests(manifests []byte) ([]unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096)
	var objects []unstructured.Unstructured
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read Calico's manifest: %w", err)
		}
		if object.Object != nil {
			objects = append(objects, object)
		}
	}
}

// applyMode applies the mode's resources.
func (c *Cluster) applyMode(ctx context.Context) error {
	client, err := dynamic.NewForConfig(c.admin)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	if err := datastore.New(client).Apply(ctx, c.config.Mode.Resources); err != nil {
		return fmt.Errorf("apply mode %s: %w", c.config.Mode.Name, err)
	}
	return nil
}

// waitEstablished waits until a definition is served, and dates its being so
// back. For 2 s after that date the API server lets every creation of the kind
// sleep for 2 s, so that a cluster's other API servers learn of it
// (apiextensions-apiserver, customresource_handler.go). A lab has only one.
func waitEstablished(ctx context.Context, definitions dynamic.ResourceInterface, name string) error {
	return wait.PollUntilContextTimeout(ctx, definitionPoll, installTimeout, true, func(ctx context.Context) (bool, error) {
		definition, err := definitions.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		// A definition begins with null conditions, which is no slice.
		conditions, _, _ := unstructured.NestedSlice(definition.Object, "status", "conditions")
		for _, entry := range conditions {
			condition, ok := entry.(map[string]any)
			if !ok || condition["type"] != "Established" || condition["status"] != "True" {
				continue
			}
			condition["lastTransitionTime"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
			if err := unstructured.SetNestedSlice(definition.Object, conditions, "status", "conditions"); err != nil {
				return false, err
			}
			_, err := definitions.UpdateStatus(ctx, definition, metav1.UpdateOptions{})
			if apierrors.IsConflict(err) {
				return false, nil // another condition has changed meanwhile
			}
			return err == nil, err
		}
		return false, nil
	})
}
