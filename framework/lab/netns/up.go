package netns

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// runIfLab turns this process into a lab if it was started as one: the process of a lab is
// the same program again, under another name.
func runIfLab() {
	if filepath.Base(os.Args[0]) == labinit.ProcessName && len(os.Args) == 2 {
		os.Exit(labinit.Main(os.Args[1]))
	}
}

// up brings a lab up from a specification that begins with what is particular.
func up(ctx context.Context, options lab.Options, components component.Set, spec labinit.Spec) (*Lab, error) {
	// First it removes the rest of killed labs.
	if _, err := (Provider{}).GC(ctx); err != nil {
		return nil, err
	}
	if options.Name == "" {
		options.Name = newName(options.Topology.Name)
	}
	f, err := folderOf(options.Name)
	if err != nil {
		return nil, err
	}
	spec.Name, spec.Topology, spec.Mode = options.Name, options.Topology, options.Mode
	spec.ProgramFolders = programFolders(components)
	software, err := routerFolders()
	if err != nil {
		return nil, err
	}
	spec.ProgramFolders = append(spec.ProgramFolders, software...)
	if flanneld := components.Program(component.Flanneld); flanneld != "" {
		spec.ProgramFolders = append(spec.ProgramFolders, filepath.Dir(flanneld))
	}
	spec.Manifests, spec.Confd = components.Manifests(), components.Confd()
	spec.Workload = options.Workload
	spec.KubernetesVersion = components.Version(component.APIServer)
	spec.CalicoVersion = components.Version(component.CalicoNode)
	lock, err := root().Create(f.Folder, labinit.LogFolder, f.Held)
	if err != nil {
		return nil, err
	}
	if vm.Inside() {
		if spec.ControlPlane, err = askForControlPlane(ctx, spec); err != nil {
			return nil, errors.Join(err, lock.Close(), os.RemoveAll(string(f.Folder)))
		}
	}
	l, err := start(f, spec, lock, options.Progress)
	// From here on the lab's process holds the lock, and only it.
	_ = lock.Close()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(string(f.Folder)))
	}
	if err := l.waitReady(ctx); err != nil {
		return nil, errors.Join(err, l.Down(context.WithoutCancel(ctx)))
	}
	if spec.Prepare != "" {
		return nil, l.Down(ctx)
	}
	if spec.VirtualMachine != nil {
		if err := l.readRecord(); err != nil {
			return nil, errors.Join(err, l.Down(context.WithoutCancel(ctx)))
		}
		return l, nil
	}
	if err := l.open(); err != nil {
		return nil, errors.Join(err, l.Down(context.WithoutCancel(ctx)))
	}
	return l, nil
}

// newName makes a name that begins with something to know it by.
func newName(known string) string { return known + "-" + strings.ToLower(rand.Text()[:5]) }

func programFolders(set component.Set) []string {
	return []string{filepath.Dir(set.Program("kube-apiserver")), filepath.Dir(set.Program("calico-node"))}
}

// routerFolders are the folders of routers' software that the distribution's packages do
// not install, of those that are there: a router's software may be changed while the
// lab is up.
func routerFolders() ([]string, error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, name := range drivers.Names() {
		folder := component.RouterFolder(cache, string(name))
		if _, err := os.Stat(folder); err == nil {
			folders = append(folders, folder)
		}
	}
	return folders, nil
}

// start starts the lab's process.
func start(f folder, spec labinit.Spec, lock *os.File, progress func(lab.Event)) (*Lab, error) {
	data, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("lab %s: encode its specification: %w", f.Name(), err)
	}
	if err := f.Write(labinit.SpecFile, data); err != nil {
		return nil, fmt.Errorf("lab %s: write its specification: %w", f.Name(), err)
	}
	logPath := supervisor.LogPath(f.Path(labinit.LogFolder), "lab", "process")
	if err := os.MkdirAll(filepath.Dir(logPath), 0o755); err != nil {
		return nil, fmt.Errorf("lab %s: make the folder of its log: %w", f.Name(), err)
	}
	log, err := os.Create(logPath)
	if err != nil {
		return nil, fmt.Errorf("lab %s: open its log: %w", f.Name(), err)
	}
	defer log.Close()
	lifelineRead, lifelineWrite, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", f.Name(), err)
	}
	defer lifelineRead.Close()
	eventsRead, eventsWrite, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab %s: %w", f.Name(), err), lifelineWrite.Close())
	}
	defer eventsWrite.Close()

	// No context: the lab outlives the call, and ends by its lifeline.
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe", string(f.Folder))
	cmd.Args[0] = labinit.ProcessName
	cmd.Dir = "/"
	cmd.Env = append(vm.Environment(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock, lifelineRead, eventsWrite}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS |
			unix.CLONE_NEWIPC,
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("lab %s: start its process: %w", f.Name(), err), lifelineWrite.Close(), eventsRead.Close())
	}
	l := &Lab{
		folder: f, spec: spec, pid: cmd.Process.Pid,
		owned: &owned{process: cmd.Process, lifeline: lifelineWrite, ready: make(chan struct{}), ended: make(chan struct{}), died: make(chan error, 1)},
	}
	go l.owned.watch(f.Name(), cmd, eventsRead, logPath, progress)
	if err := f.Write(pidFile, []byte(strconv.Itoa(l.pid))); err != nil {
		return nil, errors.Join(fmt.Errorf("lab %s: write its process's number: %w", f.Name(), err), l.Down(context.Background()))
	}
	if spec.ControlPlane != nil {
		if err := giveDevice(spec.ControlPlane.Port, l.pid); err != nil {
			return nil, errors.Join(fmt.Errorf("lab %s: join it with its control plane on the host: %w", f.Name(), err), l.Down(context.Background()))
		}
	}
	return l, nil
}

// owned is the owner's side of a lab that this process has started.
type owned struct {
	process  *os.Process
	lifeline *os.File
	ready    chan struct{}
	ended    chan struct{}
	// died has the first error that the lab told, for whoever asks first.
	died chan error

	mu    sync.Mutex
	first error
}

// processLines is how many last lines of its log an error shows when a lab's process
// has ended unasked.
const processLines = 12

// watch reads the lab's events until the lab ends.
func (o *owned) watch(name string, cmd *exec.Cmd, events *os.File, log string, progress func(lab.Event)) {
	decoder := json.NewDecoder(events)
	var once sync.Once
	for {
		var event lab.Event
		if err := decoder.Decode(&event); err != nil {
			break
		}
		if event.Ready {
			once.Do(func() { close(o.ready) })
		}
		if event.Error != "" {
			o.fail(errors.New(event.Error))
		}
		if progress != nil {
			progress(event)
		}
	}
	_ = events.Close()
	if err := cmd.Wait(); err != nil {
		lines, _ := supervisor.Tail(log, processLines)
		o.fail(fmt.Errorf("lab %s: its process ended: %w\n%s", name, err, strings.Join(lines, "\n")))
	}
	close(o.ended)
}

func (o *owned) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.first == nil {
		o.first = err
		o.died <- err
	}
}

func (o *owned) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.first
}

// waitReady waits until the lab's components run.
func (l *Lab) waitReady(ctx context.Context) error {
	select {
	case <-l.owned.ready:
		return nil
	case <-l.owned.ended:
		if err := l.owned.failure(); err != nil {
			return err
		}
		return fmt.Errorf("lab %s: its process ended while the lab was being made; its log is in %s", l.Name(), l.folder.Path(labinit.LogFolder))
	case <-ctx.Done():
		return fmt.Errorf("lab %s: bring it up: %w", l.Name(), context.Cause(ctx))
	}
}
