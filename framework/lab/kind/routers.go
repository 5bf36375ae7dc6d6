package kind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

// startRouters starts all routers of the fabric side by side.
func (l *Lab) startRouters(ctx context.Context, routers []fabric.Router) error {
	tasks, ctx := errgroup.WithContext(ctx)
	for _, router := range routers {
		tasks.Go(func() error {
			state := routerState{}
			var err error
			switch {
			case router.Software == topology.BIRD:
				state, err = l.startBIRD(ctx, router)
			case l.record.Images.VyOS != "":
				err = l.waitForVyOS(ctx, router)
			default:
				state, err = l.startFRR(ctx, router)
			}
			if err == nil {
				err = l.writeRouter(router, state)
			}
			if err != nil {
				return fmt.Errorf("%s: start its router: %w", router.Host, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}

// waitForVyOS waits until a router that boots by itself serves bgpd's terminal.
func (l *Lab) waitForVyOS(ctx context.Context, router fabric.Router) error {
	h, err := l.host(router.Host)
	if err != nil {
		return err
	}
	ready := frr.Daemons()[len(frr.Daemons())-1].Ready
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		return answers(ctx, h, ready), nil
	})
	if err != nil {
		return fmt.Errorf("wait for VyOS to serve %s: %w", ready, context.Cause(ctx))
	}
	return nil
}

func (l *Lab) startFRR(ctx context.Context, router fabric.Router) (routerState, error) {
	if err := l.writeFRR(router); err != nil {
		return routerState{}, err
	}
	var state routerState
	for _, daemon := range frr.Daemons() {
		p, err := l.startProgram(ctx, router.Host, daemon.Name, daemon.Argv, daemon.Ready)
		if err != nil {
			return routerState{}, err
		}
		state.Programs = append(state.Programs, p)
	}
	return state, nil
}

// writeFRR writes a router's files, and makes FRR's folder of sockets its own: its
// daemons give up root.
func (l *Lab) writeFRR(router fabric.Router) error {
	files, err := frr.Render(router)
	if err != nil {
		return err
	}
	content := map[string][]byte{}
	for _, file := range files {
		content[file.Path] = file.Content
	}
	return l.inFiles(router.Host, content, func() error {
		uid, gid, err := ownerIn("/etc/passwd", frr.User)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(frr.StateDirectory, 0o755); err != nil {
			return err
		}
		return os.Chown(frr.StateDirectory, uid, gid)
	})
}

// ownerIn finds a user's ids in a passwd file (passwd(5)): the container's, which this
// program's own look-up would not read.
func ownerIn(file, user string) (uid, gid int, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(line, ":")
		if len(fields) < 4 || fields[0] != user {
			continue
		}
		uid, errUID := strconv.Atoi(fields[2])
		gid, errGID := strconv.Atoi(fields[3])
		return uid, gid, errors.Join(errUID, errGID)
	}
	return 0, 0, fmt.Errorf("its image has no user %s: use an image with FRR", user)
}

// inFiles writes files on a host and then does something with the host's file system.
func (l *Lab) inFiles(hostName string, files map[string][]byte, then func() error) error {
	h, err := l.host(hostName)
	if err != nil {
		return err
	}
	set, err := h.open()
	if err != nil {
		return err
	}
	defer set.Close()
	if err := set.WriteFiles(files, 0o644); err != nil {
		return fmt.Errorf("write its configuration: %w", err)
	}
	if then == nil {
		return nil
	}
	return set.Do(then)
}

func (l *Lab) startBIRD(ctx context.Context, router fabric.Router) (routerState, error) {
	if err := l.writeBIRD(router); err != nil {
		return routerState{}, err
	}
	daemon := bird.RouterDaemon()
	p, err := l.startProgram(ctx, router.Host, daemon.Name, daemon.Argv, daemon.Ready)
	return routerState{Programs: []program{p}}, err
}

func (l *Lab) writeBIRD(router fabric.Router) error {
	config, err := bird.Render(router)
	if err != nil {
		return err
	}
	return l.inFiles(router.Host, map[string][]byte{bird.RouterConfig: config}, func() error {
		return os.MkdirAll(bird.StateDirectory, 0o755)
	})
}

// Routers implements lab.RouterController.
func (l *Lab) Routers(context.Context) ([]fabric.Router, error) {
	var routers []fabric.Router
	for _, host := range l.record.Topology.Hosts {
		if !isRouter(host) {
			continue
		}
		router, _, err := l.readRouter(host.Name)
		if errors.Is(err, os.ErrNotExist) {
			continue // it has no neighbours, and so nothing to run
		}
		if err != nil {
			return nil, fmt.Errorf("lab %s: %w", l.Name(), err)
		}
		routers = append(routers, router)
	}
	return routers, nil
}

func routerFile(host string) string { return path.Join(routerFolder, host+".json") }

func (l *Lab) readRouter(host string) (fabric.Router, routerState, error) {
	var router fabric.Router
	var state routerState
	data, err := os.ReadFile(l.folder.Path(routerFile(host)))
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err == nil {
		err = json.Unmarshal(state.Router, &router)
	}
	if err != nil {
		return router, state, fmt.Errorf("%s: read what its router does: %w", host, err)
	}
	return router, state, nil
}

func (l *Lab) writeRouter(router fabric.Router, state routerState) error {
	var err error
	if state.Router, err = json.Marshal(router); err != nil {
		return err
	}
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := l.folder.Write(routerFile(router.Host), data); err != nil {
		return fmt.Errorf("write what its router does: %w", err)
	}
	return nil
}

// changeRouter changes a router's state while nobody else does.
func (l *Lab) changeRouter(host string, change func(fabric.Router, *routerState) (fabric.Router, error)) error {
	lock, err := os.OpenFile(l.folder.Path(path.Join(routerFolder, host+".lock")), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	router, state, err := l.readRouter(host)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: no such router", host)
	}
	if err != nil {
		return err
	}
	after, err := change(router, &state)
	if err != nil {
		// Programs may be others by now.
		return errors.Join(err, l.writeRouter(router, state))
	}
	return l.writeRouter(after, state)
}

// ConfigureRouter implements lab.RouterController. The software stays what it is: a
// router's image has one only.
func (l *Lab) ConfigureRouter(ctx context.Context, after fabric.Router) error {
	err := l.changeRouter(after.Host, func(before fabric.Router, state *routerState) (fabric.Router, error) {
		switch {
		case before.Software != after.Software:
			return before, fmt.Errorf("change its software from %s to %s: %w: a container has one software; bring the lab up with the other", before.Software, after.Software, lab.ErrUnable)
		case after.Software == topology.BIRD:
			return after, l.changeBIRD(ctx, before, after, state)
		case l.record.Images.VyOS != "":
			return before, fmt.Errorf("configure VyOS anew: %w: bring the lab up with FRR", lab.ErrUnable)
		}
		return after, l.changeFRR(ctx, before, after, state)
	})
	if err != nil {
		return fmt.Errorf("lab %s: %s: configure its router: %w", l.Name(), after.Host, err)
	}
	return nil
}

// changeFRR changes what bgpd does. Sessions that stay as they are stay up where FRR
// can do that; else bgpd is started anew, and zebra never is.
func (l *Lab) changeFRR(ctx context.Context, before, after fabric.Router, state *routerState) error {
	lines, inPlace, err := frr.Changes(before, after)
	if err != nil {
		return err
	}
	if err := l.writeFRR(after); err != nil {
		return err
	}
	daemons := frr.Daemons()
	bgpd := daemons[len(daemons)-1]
	i := state.find(bgpd.Name)
	switch pid, err := l.running(ctx, state.Programs[i]); {
	case err != nil:
		return err
	case pid == 0:
		return nil // it reads the files when it starts
	case !inPlace:
		return l.restartFRR(ctx, before, bgpd, state)
	case len(lines) == 0:
		return nil
	}
	h, err := l.host(after.Host)
	if err != nil {
		return err
	}
	if err := frr.Configure(ctx, h.DialContext, lines); err != nil {
		// Lines before the one that was refused are in force.
		return errors.Join(err, l.writeFRR(before), l.restartFRR(ctx, before, bgpd, state))
	}
	return nil
}

func (l *Lab) restartFRR(ctx context.Context, router fabric.Router, daemon frr.Daemon, state *routerState) error {
	i := state.find(daemon.Name)
	state.Programs[i].Stopped = true
	// What watches the lab reads it before the end.
	if err := l.writeRouter(router, *state); err != nil {
		return err
	}
	if err := l.signalProgram(ctx, state.Programs[i], syscall.SIGTERM); err != nil {
		return err
	}
	started, err := l.startProgram(ctx, router.Host, daemon.Name, daemon.Argv, daemon.Ready)
	if err == nil {
		state.Programs[i] = started
	}
	return err
}

// changeBIRD changes what BIRD does. It ends those sessions only that change.
func (l *Lab) changeBIRD(ctx context.Context, before, after fabric.Router, state *routerState) error {
	if err := l.writeBIRD(after); err != nil {
		return err
	}
	if pid, err := l.running(ctx, state.Programs[0]); err != nil || pid == 0 {
		return err // it reads the file when it starts
	}
	if err := l.reconfigureBIRD(ctx, after.Host); err != nil {
		// It goes on as before, and so should one that is started again.
		return errors.Join(err, l.writeBIRD(before))
	}
	return nil
}

func (l *Lab) reconfigureBIRD(ctx context.Context, hostName string) error {
	h, err := l.host(hostName)
	if err != nil {
		return err
	}
	c, err := bird.Dial(ctx, h.DialContext, bird.RouterSocket)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Configure(ctx)
}

// routerProgram is how one of a router's programs is started.
func routerProgram(router fabric.Router, name string) (argv []string, ready string, err error) {
	if router.Software == topology.BIRD {
		if daemon := bird.RouterDaemon(); daemon.Name == name {
			return daemon.Argv, daemon.Ready, nil
		}
	} else if i := slices.IndexFunc(frr.Daemons(), func(d frr.Daemon) bool { return d.Name == name }); i >= 0 {
		return frr.Daemons()[i].Argv, frr.Daemons()[i].Ready, nil
	}
	return nil, "", fmt.Errorf("its %s router has no program %s", router.Software, name)
}
