package kind

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// nodeServices are the components of a node that can be stopped and started, by the
// names that every lab has for them, and the names of their services in Calico's
// container, where runit runs them.
func nodeServices() []nodeService {
	return []nodeService{{"bird", "bird", 0}, {"calico-confd", "confd", 0}, {"calico-felix", "felix", felixRestart}}
}

type nodeService struct {
	component, service string
	// restartOn is the exit status by which the service's program asks to be started
	// again; 0 for none.
	restartOn int
}

// felixRestart is Felix's exit status when its configuration has changed
// (configChangedRC in felix/daemon/daemon.go).
const felixRestart = 129

// servicesFolder is where runit has the services of Calico's container.
const servicesFolder = "/etc/service/enabled"

// Components lists the states of the lab's components: the routers' programs, and on
// the nodes the programs that BGP depends on.
func (l *Lab) Components(ctx context.Context) ([]supervisor.Status, error) {
	var list []supervisor.Status
	for _, host := range l.record.Topology.Hosts {
		var found []supervisor.Status
		var err error
		switch {
		case isRouter(host):
			found, err = l.routerComponents(ctx, host.Name)
		case host.Role == topology.Node:
			found, err = l.nodeComponents(host.Name)
		}
		if err != nil {
			return list, fmt.Errorf("lab %s: list its components: %w", l.Name(), err)
		}
		list = append(list, found...)
	}
	return list, nil
}

func (l *Lab) routerComponents(ctx context.Context, hostName string) ([]supervisor.Status, error) {
	_, state, err := l.readRouter(hostName)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []supervisor.Status
	for _, p := range state.Programs {
		status, err := l.programStatus(ctx, hostName, p)
		if err != nil {
			return list, err
		}
		list = append(list, status)
	}
	return list, nil
}

func (l *Lab) nodeComponents(node string) ([]supervisor.Status, error) {
	proc, err := l.calicoProcess(node)
	if err != nil {
		return nil, err
	}
	h, err := l.host(node)
	if err != nil {
		return nil, err
	}
	var list []supervisor.Status
	for _, s := range nodeServices() {
		status := supervisor.Status{Host: node, Name: s.component, State: supervisor.Running}
		pid, since, err := serviceProcess(proc, s.service)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", node, s.component, err)
		}
		status.PID, status.Since = pid, since.ModTime()
		if pid == 0 {
			// runit starts again what ends unasked.
			status.State = supervisor.Stopped
		}
		if err := s.countRestarts(h, proc, &status); err != nil {
			return nil, err
		}
		list = append(list, status)
	}
	return list, nil
}

// end is how a service's program has ended without runit having been asked for it. In
// images of ours the service's `finish` writes it (fixtures/images/calico-node.sh).
type end struct {
	Time time.Time `json:"time"`
	// Status is the exit status, or -1 if Signal has ended it.
	Status int `json:"status"`
	Signal int `json:"signal"`
}

// endsFile is the file on a node that has a service's ends.
func endsFile(service string) string { return "/var/run/calico/" + service + "-ended.jsonl" }

// readEnds reads such a file.
func readEnds(data []byte) ([]end, error) {
	var ends []end
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		var e end
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return ends, nil
		}
		if err != nil {
			return ends, fmt.Errorf("read how a service has ended: %w", err)
		}
		ends = append(ends, e)
	}
}

// countRestarts counts how often a service has asked to be started again. A public
// image of Calico does not count.
func (s nodeService) countRestarts(h *host, proc string, status *supervisor.Status) error {
	if s.restartOn == 0 {
		return nil
	}
	_, err := os.Stat(path.Join(proc, "root", servicesFolder, s.service, "finish"))
	if errors.Is(err, os.ErrNotExist) {
		status.SelfRestarting = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", h.name, s.component, err)
	}
	data, err := h.ReadFile(endsFile(s.service))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ends, err := readEnds(data)
	for _, e := range ends {
		if e.Status == s.restartOn {
			status.Restarts++
		}
	}
	return err
}

// serviceProcess reads the number of a service's process, as the container counts it,
// from the file that runsv(8) keeps; 0 if it does not run.
func serviceProcess(proc, service string) (int, os.FileInfo, error) {
	file := path.Join(servicesFolder, service, "supervise/pid")
	var info os.FileInfo
	data, err := readIn(proc, file)
	if err == nil {
		info, err = os.Stat(path.Join(proc, "root", file))
	}
	if err != nil {
		return 0, nil, err
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return 0, info, nil
	}
	pid, err := strconv.Atoi(text)
	return pid, info, err
}

// StopComponent implements lab.ComponentController.
func (l *Lab) StopComponent(ctx context.Context, host, component string) error {
	return l.changeComponent(ctx, host, component, l.stopProgram(ctx, component, syscall.SIGTERM), "down")
}

// KillComponent implements lab.ComponentController.
func (l *Lab) KillComponent(ctx context.Context, host, component string) error {
	// `once` keeps runit from starting it again.
	return l.changeComponent(ctx, host, component, l.stopProgram(ctx, component, syscall.SIGKILL), "once", "kill")
}

// StartComponent implements lab.ComponentController.
func (l *Lab) StartComponent(ctx context.Context, host, component string) error {
	return l.changeComponent(ctx, host, component, l.startAgain(ctx, component), "up")
}

type routerChange = func(fabric.Router, *routerState) (fabric.Router, error)

// changeComponent changes a component: a router's program by a function, a node's
// service by commands for runit.
func (l *Lab) changeComponent(ctx context.Context, hostName, component string, change routerChange, commands ...string) error {
	host, ok := l.record.Topology.Host(hostName)
	if !ok {
		_, err := l.host(hostName)
		return errors.Join(err, fmt.Errorf("lab %s: there are no components to stop and start on %s", l.Name(), hostName))
	}
	var err error
	if isRouter(*host) {
		err = l.changeRouter(hostName, change)
	} else {
		err = l.changeService(ctx, hostName, component, commands)
	}
	if err != nil {
		return fmt.Errorf("lab %s: %s: %s: %w", l.Name(), hostName, component, err)
	}
	return nil
}

func (l *Lab) stopProgram(ctx context.Context, name string, signal syscall.Signal) routerChange {
	return func(router fabric.Router, state *routerState) (fabric.Router, error) {
		i := state.find(name)
		if i < 0 {
			return router, supervisor.ErrUnknownComponent
		}
		state.Programs[i].Stopped = true
		// The lab's watch reads it before the end.
		if err := l.writeRouter(router, *state); err != nil {
			return router, err
		}
		return router, l.signalProgram(ctx, state.Programs[i], signal)
	}
}

func (l *Lab) startAgain(ctx context.Context, name string) routerChange {
	return func(router fabric.Router, state *routerState) (fabric.Router, error) {
		i := state.find(name)
		if i < 0 {
			return router, supervisor.ErrUnknownComponent
		}
		if pid, err := l.running(ctx, state.Programs[i]); err != nil || pid != 0 {
			return router, err
		}
		p, err := routerProgram(router, name)
		if err != nil {
			return router, err
		}
		started, err := l.startProgram(ctx, router.Host, p)
		if err == nil {
			state.Programs[i] = started
		}
		return router, err
	}
}

// changeService changes a node's service by runit and waits until it is as it should.
func (l *Lab) changeService(ctx context.Context, node, component string, commands []string) error {
	service := ""
	for _, s := range nodeServices() {
		if s.component == component {
			service = s.service
		}
	}
	if service == "" {
		return supervisor.ErrUnknownComponent
	}
	proc, err := l.calicoProcess(node)
	if err != nil {
		return err
	}
	container := &host{lab: l, name: "calico-node on " + node, proc: proc}
	for _, command := range commands {
		if _, err := container.Run(ctx, "sv", command, path.Join(servicesFolder, service)); err != nil {
			return err
		}
	}
	up := commands[len(commands)-1] == "up"
	err = wait.PollUntilContextTimeout(ctx, socketPoll, programTimeout, true, func(context.Context) (bool, error) {
		pid, _, err := serviceProcess(proc, service)
		return (pid != 0) == up, err
	})
	if err != nil {
		return fmt.Errorf("wait for it to be %s: %w", commands[len(commands)-1], err)
	}
	return nil
}

// calicoPod is a node's calico-node pod.
func (l *Lab) calicoPod(ctx context.Context, node string) (corev1.Pod, error) {
	list, err := l.client.CoreV1().Pods(calicoNamespace).List(ctx, metav1.ListOptions{
		LabelSelector: "k8s-app=" + calicoNode, FieldSelector: "spec.nodeName=" + node,
	})
	if err != nil {
		return corev1.Pod{}, fmt.Errorf("find Calico's pod on %s: %w", node, err)
	}
	if len(list.Items) == 0 {
		return corev1.Pod{}, fmt.Errorf("there is no pod of Calico's on %s yet", node)
	}
	return list.Items[0], nil
}

// LogTail implements lab.LogReader. A router's program has a log in its container;
// the services of a node's Calico share their container's.
func (l *Lab) LogTail(ctx context.Context, host, component string, lines int) ([]string, error) {
	entry, ok := l.record.Topology.Host(host)
	if ok && entry.Role == topology.Node {
		ctx, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		pod, err := l.calicoPod(ctx, host)
		if err != nil {
			return nil, err
		}
		wanted := int64(lines)
		data, err := l.client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: calicoNode, TailLines: &wanted}).DoRaw(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the log of %s: %w", pod.Name, err)
		}
		return lastLines(data, lines), nil
	}
	if !ok {
		return supervisor.Tail(supervisor.LogPath(l.folder.Path(logFolder), host, component), lines)
	}
	h, err := l.host(host)
	if err != nil {
		return nil, err
	}
	data, err := h.ReadFile(programLog(component))
	if err != nil {
		return nil, err
	}
	return lastLines(data, lines), nil
}

// Logs is the folder of the lab's own logs, those of its making.
func (l *Lab) Logs() string { return l.folder.Path(logFolder) }
