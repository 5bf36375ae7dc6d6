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

	"github.com/rackproof/rackproof/framework/calico/datastore"
)

// installTimeout bounds the wait for Calico's definitions to be served.
const installTimeout = time.Minute

// installCalico creates what Calico's manifest has besides its workloads, which
// the lab runs itself: definitions and roles. Then it applies the mode.
func (c *Cluster) installCalico(ctx context.Context) error {
	client, err := dynamic.NewForConfig(c.admin)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	objects, err := decodeManifests(c.config.Manifests)
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
			if err != nil {
				return fmt.Errorf("create Calico's %s %s: %w", object.GetKind(), object.GetName(), err)
			}
			return nil
		})
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	return c.applyMode(ctx, client)
}

// installed are the kinds of Calico's manifest that a lab creates.
func installed() map[string]schema.GroupVersionResource {
	return map[string]schema.GroupVersionResource{
		"CustomResourceDefinition": {Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
		"ClusterRole":              {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
		"ClusterRoleBinding":       {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
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

// applyMode applies the mode's resources, waiting for each kind to be served.
func (c *Cluster) applyMode(ctx context.Context, client dynamic.Interface) error {
	store := datastore.New(client)
	var last error
	err := wait.PollUntilContextTimeout(ctx, poll, installTimeout, true, func(ctx context.Context) (bool, error) {
		last = store.Apply(ctx, c.config.Mode.Resources)
		// A definition that was just created is not served at once.
		if apierrors.IsNotFound(last) {
			return false, nil
		}
		return last == nil, last
	})
	if err != nil {
		return fmt.Errorf("apply mode %s: %w (last answer: %w)", c.config.Mode.Name, err, last)
	}
	// Calico's components look their kinds up once, so all must be served.
	return c.waitForDefinitions(ctx, client)
}

func (c *Cluster) waitForDefinitions(ctx context.Context, client dynamic.Interface) error {
	var missing string
	err := wait.PollUntilContextTimeout(ctx, poll, installTimeout, true, func(ctx context.Context) (bool, error) {
		list, err := client.Resource(installed()["CustomResourceDefinition"]).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for _, definition := range list.Items {
			if !established(definition) {
				missing = definition.GetName()
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("wait for Calico's definitions to be established (%s is not): %w", missing, err)
	}
	return nil
}

func established(definition unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(definition.Object, "status", "conditions")
	for _, entry := range conditions {
		condition, ok := entry.(map[string]any)
		if ok && condition["type"] == "Established" && condition["status"] == "True" {
			return true
		}
	}
	return false
}
