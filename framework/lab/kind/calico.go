package kind

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/topology"
)

// calicoManifest is the file of Calico's manifest among the components' shares.
const calicoManifest = "calico.yaml"

// startCalico installs Calico and the mode's resources as soon as the API server
// answers, and waits until Calico runs on every node.
func (l *Lab) startCalico(ctx context.Context, options parts) error {
	if err := l.waitForAPI(ctx); err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(options.Components.Manifests(), calicoManifest))
	if err != nil {
		return fmt.Errorf("read Calico's manifest: %w", err)
	}
	found, err := adaptManifest(manifest, l.record.Topology, l.record.Mode, l.server())
	if err != nil {
		return err
	}
	tasks, taskCtx := errgroup.WithContext(ctx)
	tasks.Go(func() error {
		// Nodes begin with the mode's resources, so these come first.
		if err := cluster.InstallCalico(taskCtx, l.config, manifest); err != nil {
			return err
		}
		if err := l.applyMode(taskCtx); err != nil {
			return err
		}
		return l.createCalico(taskCtx, found)
	})
	tasks.Go(func() error { return l.createWorkload(taskCtx, options.Workload) })
	for _, node := range l.record.Topology.Nodes() {
		tasks.Go(func() error { return l.prepareNode(taskCtx, node) })
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	return l.waitForCalico(ctx)
}

// waitForAPI waits until kubeadm has started the API server and it says that it is
// ready. A cluster that fails ends the wait through ctx.
func (l *Lab) waitForAPI(ctx context.Context) error {
	err := wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		if l.client == nil {
			if err := l.readKubeconfig(); err != nil {
				return false, nil // kubeadm has not come to it yet
			}
			if err := l.connect(); err != nil {
				return false, err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		return l.client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the API server: %w", errors.Join(err, context.Cause(ctx)))
	}
	return nil
}

// answerTimeout bounds the wait for one answer of an API server that is being started.
const answerTimeout = 5 * time.Second

func (l *Lab) applyMode(ctx context.Context) error {
	c, err := dynamic.NewForConfig(l.config)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	if err := datastore.New(c).Apply(ctx, l.record.Mode.Resources); err != nil {
		return fmt.Errorf("apply mode %s: %w", l.record.Mode.Name, err)
	}
	return nil
}

// createCalico creates Calico's workloads.
func (l *Lab) createCalico(ctx context.Context, w workloads) error {
	core := l.client.CoreV1()
	for _, account := range w.ServiceAccounts {
		if _, err := core.ServiceAccounts(account.Namespace).Create(ctx, &account, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create Calico's ServiceAccount %s: %w", account.Name, err)
		}
	}
	for _, config := range w.ConfigMaps {
		if _, err := core.ConfigMaps(config.Namespace).Create(ctx, &config, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create Calico's ConfigMap %s: %w", config.Name, err)
		}
	}
	if _, err := l.client.AppsV1().DaemonSets(w.Node.Namespace).Create(ctx, &w.Node, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create Calico's DaemonSet %s: %w", w.Node.Name, err)
	}
	return nil
}

// prepareNode gives a node the mode's settings as soon as it has registered: Calico
// starts on it some seconds later.
func (l *Lab) prepareNode(ctx context.Context, node topology.Host) error {
	c, err := dynamic.NewForConfig(l.config)
	if err != nil {
		return fmt.Errorf("make a client for the API server: %w", err)
	}
	settings := calico.Node{}
	if found, ok := l.record.Mode.Resources.Node(node.Name); ok {
		settings = found
	}
	settings.Name = node.Name
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		err := datastore.New(c).ApplyNode(ctx, settings)
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("give node %s the mode's settings: %w", node.Name, errors.Join(err, context.Cause(ctx)))
	}
	return nil
}

// waitForCalico waits until each node's BIRD answers and the other services of its
// Calico run. A container that does not get there is told with what Kubernetes says of
// its pod.
func (l *Lab) waitForCalico(ctx context.Context) error {
	tasks, ctx := errgroup.WithContext(ctx)
	for _, node := range l.record.Topology.Nodes() {
		tasks.Go(func() error {
			h, err := l.host(node.Name)
			if err != nil {
				return err
			}
			var missing error
			err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
				var status bird.Status
				if status, missing = askBIRD(ctx, h); missing != nil {
					return false, nil //nolint:nilerr // asked again; the last answer is told in the end
				}
				if err := checkReloads(h, status); err != nil {
					return false, err
				}
				missing = l.checkServices(node.Name)
				return missing == nil, nil
			})
			if err != nil {
				return fmt.Errorf("wait for Calico on %s: %w: %s", node.Name, errors.Join(err, missing, context.Cause(ctx)), l.calicoCondition(node.Name))
			}
			return nil
		})
	}
	return tasks.Wait()
}

// askBIRD asks a node's BIRD for its status. One that starts takes connections before it
// has read its files, and answers after.
func askBIRD(ctx context.Context, h *host) (bird.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	client, err := bird.Dial(ctx, h.DialContext, bird.OnNode(route.IPv4).Socket)
	if err != nil {
		return bird.Status{}, err
	}
	defer client.Close()
	return client.Status(ctx)
}

// checkReloads refuses a stock BIRD without a record of its reloads: its image was built
// before reloads went through the socket, and runit's signals get lost there.
func checkReloads(h *host, status bird.Status) error {
	record := bird.OnNode(route.IPv4).Record
	_, err := h.ReadFile(record)
	if errors.Is(err, fs.ErrNotExist) && stock(status.Version) {
		return fmt.Errorf("its BIRD (%s) has no %s, so that reloads of it can be lost: the image of calico-node is older than this program: build it again by `make images`",
			status.Version, record)
	}
	return nil
}

// stock reports whether a version is one of BIRD's own. Calico gives its BIRD versions
// such as v0.3.3+birdv1.6.8.
func stock(version string) bool { return !strings.HasPrefix(version, "v") }

// checkServices tells which of a node's services does not run.
func (l *Lab) checkServices(node string) error {
	list, err := l.nodeComponents(node)
	if err != nil {
		return err
	}
	for _, status := range list {
		if status.PID == 0 {
			return fmt.Errorf("%s does not run", status.Name)
		}
	}
	return nil
}

// calicoCondition says in short what has become of a node's calico-node.
func (l *Lab) calicoCondition(node string) string {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	pod, err := l.calicoPod(ctx, node)
	if err != nil {
		return err.Error()
	}
	texts := []string{fmt.Sprintf("pod %s is %s", pod.Name, pod.Status.Phase)}
	for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		if waiting := status.State.Waiting; waiting != nil {
			texts = append(texts, fmt.Sprintf("%s waits: %s %s", status.Name, waiting.Reason, waiting.Message))
		}
	}
	return strings.Join(texts, ", ")
}
