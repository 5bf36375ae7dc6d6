package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/topology"
)

// Lab is a lab of network namespaces that is up.
type Lab struct {
	folder folder
	spec   labinit.Spec
	record labinit.Record
	pid    int
	config *rest.Config
	client kubernetes.Interface
	// owned is nil for a lab that another process has brought up.
	owned *owned
}

var _ interface {
	lab.Running
	lab.PodEnterer
	lab.LinkCutter
	lab.EndCutter
	lab.RouterController
	lab.ComponentController
	lab.CalicoNodeController
	lab.LogFollower
	lab.Administrable
	lab.ProcessViewer
} = (*Lab)(nil)

// Attach implements lab.Provider.
func (Provider) Attach(_ context.Context, name string) (lab.Running, error) {
	l, err := findUp(name)
	if err != nil {
		return nil, err
	}
	if l.spec.VirtualMachine != nil {
		return nil, fmt.Errorf("lab %s: %w", name, lab.ErrOtherKernel)
	}
	return l, l.open()
}

// open reads what the lab's process has published.
func (l *Lab) open() error {
	if err := l.readRecord(); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig())
	if err != nil {
		return fmt.Errorf("lab %s: read its kubeconfig: %w (is the lab still being made?)", l.Name(), err)
	}
	control, err := l.host(cluster.ControlHost)
	if err != nil {
		return err
	}
	// The API server is in the lab, so connections begin there.
	config.Dial = control.DialContext
	config.QPS, config.Burst = 1000, 2000
	l.config = config
	l.client, err = kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("lab %s: make a client for its API server: %w", l.Name(), err)
	}
	return nil
}

// readRecord reads where the hosts' namespaces are to be found.
func (l *Lab) readRecord() error {
	if err := l.folder.readJSON(labinit.RecordFile, &l.record); err != nil {
		return fmt.Errorf("%w (is the lab still being made?)", err)
	}
	return nil
}

// Name implements lab.Lab.
func (l *Lab) Name() string { return l.folder.Name() }

// Provider implements lab.Lab.
func (l *Lab) Provider() string { return providerName }

// Topology implements lab.Lab.
func (l *Lab) Topology() *topology.Topology { return l.spec.Topology }

// Mode implements lab.Lab.
func (l *Lab) Mode() *calico.Mode { return l.spec.Mode }

// Kubernetes implements lab.Lab.
func (l *Lab) Kubernetes() *rest.Config { return rest.CopyConfig(l.config) }

// Kubeconfig is the path of an administrator's kubeconfig. Its server answers
// inside the lab only.
func (l *Lab) Kubeconfig() string { return l.folder.Path(labinit.KubeconfigFile) }

// CalicoVersion is the version of Calico that runs in the lab.
func (l *Lab) CalicoVersion() string { return l.spec.CalicoVersion }

// CalicoBIRD implements lab.Lab.
func (l *Lab) CalicoBIRD() bool { return len(l.spec.BIRD) > 0 }

// PID is the lab's process.
func (l *Lab) PID() int { return l.pid }

// Host implements lab.Lab. Beside the topology's hosts there is `control`, where
// the control plane runs.
func (l *Lab) Host(name string) (lab.Host, error) {
	h, err := l.host(name)
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (l *Lab) host(name string) (*host, error) {
	record, ok := l.record.Hosts[name]
	if !ok {
		var known []string
		for _, h := range l.spec.Topology.Hosts {
			known = append(known, h.Name)
		}
		return nil, fmt.Errorf("lab %s has no host %q: it has %s and %s", l.Name(), name, strings.Join(known, ", "), cluster.ControlHost)
	}
	return &host{lab: l, name: name, net: l.fd(record.Net), mount: l.fd(record.Mount), uts: l.fd(record.UTS)}, nil
}

// fd is the path of an open file of the lab's process.
func (l *Lab) fd(n int) string { return fmt.Sprintf("/proc/%d/fd/%d", l.pid, n) }

// ProcFileSystems implements lab.ProcessViewer: the lab has a PID namespace of its own.
func (l *Lab) ProcFileSystems() []string { return []string{fmt.Sprintf("/proc/%d/root/proc", l.pid)} }

// Pod implements lab.PodEnterer.
func (l *Lab) Pod(ctx context.Context, namespace, name string) (lab.Host, error) {
	pod, err := l.client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("lab %s: find pod %s/%s: %w", l.Name(), namespace, name, err)
	}
	record, ok := l.record.Hosts[pod.Spec.NodeName]
	if !ok {
		return nil, fmt.Errorf("lab %s: pod %s/%s is on no node of the lab (%q)", l.Name(), namespace, name, pod.Spec.NodeName)
	}
	path := filepath.Join(fmt.Sprintf("/proc/%d/root", l.pid), "run/netns", cluster.PodNetworkName(pod.UID))
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("lab %s: pod %s/%s has no network yet: %w", l.Name(), namespace, name, err)
	}
	return &host{lab: l, name: "pod " + name, net: path, mount: l.fd(record.Mount), uts: l.fd(record.UTS)}, nil
}

// Died has the lab's first error once something in it has ended unasked. A lab
// that another process has brought up tells by Components.
func (l *Lab) Died() <-chan error {
	if l.owned == nil {
		return nil
	}
	return l.owned.died
}

// Release lets the lab live on without this process.
func (l *Lab) Release() error {
	if l.owned == nil {
		return nil
	}
	if _, err := l.owned.lifeline.Write([]byte{labinit.Release}); err != nil {
		return fmt.Errorf("lab %s: release it: %w", l.Name(), err)
	}
	return nil
}

// Down takes the lab down and returns when nothing of it is left.
func (l *Lab) Down(ctx context.Context) error {
	if err := l.kill(); err != nil {
		return fmt.Errorf("lab %s: end its process %d: %w", l.Name(), l.pid, err)
	}
	if err := l.waitGone(ctx); err != nil {
		return err
	}
	if l.owned != nil {
		_ = l.owned.lifeline.Close()
	}
	return root().Exclusively(func() error {
		if l.folder.Held() {
			return nil // a new lab of the same name
		}
		if err := os.RemoveAll(string(l.folder.Folder)); err != nil {
			return fmt.Errorf("lab %s: remove its state folder: %w", l.Name(), err)
		}
		return nil
	})
}

// kill ends the lab's process. Nothing inside needs an orderly end: the kernel ends
// a PID namespace with its init, and a lab's data is of no use to anyone.
func (l *Lab) kill() error {
	var process *os.Process
	if l.owned != nil {
		process = l.owned.process
	} else {
		// Opened before the looks at the folder: if it is this lab's still, the number
		// has not come to mean another process meanwhile.
		found, err := os.FindProcess(l.pid)
		if err != nil {
			return err
		}
		if !l.present() {
			return nil
		}
		process = found
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// present reports whether the state folder is this lab's and the lab lives: another lab
// may have come up under the same name.
func (l *Lab) present() bool {
	pid, err := l.folder.pid()
	return err == nil && pid == l.pid && l.folder.Held()
}

// waitGone waits until the lab's process is gone: an init ends after every other
// process of its PID namespace.
func (l *Lab) waitGone(ctx context.Context) error {
	if l.owned != nil {
		select {
		case <-l.owned.ended:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("lab %s: wait for its process %d to end: %w", l.Name(), l.pid, ctx.Err())
		}
	}
	for l.present() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("lab %s: wait for its process %d to end: %w", l.Name(), l.pid, ctx.Err())
		}
	}
	return nil
}

// Logs is the folder of the lab's logs.
func (l *Lab) Logs() string { return l.folder.Path(labinit.LogFolder) }

// pidNamespace opens the lab's PID namespace for processes that are to end with it.
func (l *Lab) pidNamespace() (*os.File, error) {
	return os.OpenFile(fmt.Sprintf("/proc/%d/ns/pid", l.pid), unix.O_CLOEXEC, 0)
}
