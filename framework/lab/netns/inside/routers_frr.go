package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/frr"
)

// frrSoftware is how routers that run FRR are run.
func frrSoftware() software {
	s := software{
		origin: route.OriginBGP,
		check:  func(r fabric.Router) error { _, err := frr.Render(r); return err },
		start:  (*running).startFRR, change: (*running).changeFRR,
	}
	for _, daemon := range frr.Daemons() {
		s.components = append(s.components, daemon.Name)
	}
	return s
}

// startFRR starts FRR's daemons on a host.
func (l *running) startFRR(ctx context.Context, router fabric.Router) error {
	if err := l.writeFRR(router); err != nil {
		return err
	}
	if err := l.hosts[router.Host].Do(giveToFRR); err != nil {
		return err
	}
	for _, daemon := range frr.Daemons() {
		if err := l.startProgram(ctx, router.Host, daemon.Name, daemon.Argv, daemon.Ready); err != nil {
			return err
		}
	}
	return nil
}

// changeFRR changes what bgpd does. Sessions that stay as they are stay up where
// FRR can do that; else bgpd is started anew, and zebra never is.
func (l *running) changeFRR(ctx context.Context, before, after fabric.Router) error {
	lines, inPlace, err := frr.Changes(before, after)
	if err != nil {
		return err
	}
	if err := l.writeFRR(after); err != nil {
		return err
	}
	daemons := frr.Daemons()
	bgpd := daemons[len(daemons)-1]
	switch {
	case !l.supervisor.Runs(after.Host, bgpd.Name):
		return nil // it reads the files when it starts
	case !inPlace:
		return l.restartFRR(ctx, after.Host, bgpd)
	case len(lines) == 0:
		return nil
	}
	if err := frr.Configure(ctx, l.hosts[after.Host].DialContext, lines); err != nil {
		// Lines before the one that was refused are in force.
		return errors.Join(err, l.writeFRR(before), l.restartFRR(ctx, after.Host, bgpd))
	}
	return nil
}

func (l *running) restartFRR(ctx context.Context, host string, daemon frr.Daemon) error {
	if err := l.supervisor.Stop(ctx, host, daemon.Name, syscall.SIGTERM); err != nil {
		return err
	}
	return l.startProgram(ctx, host, daemon.Name, daemon.Argv, daemon.Ready)
}

func (l *running) writeFRR(router fabric.Router) error {
	files, err := frr.Render(router)
	if err != nil {
		return err
	}
	content := map[string][]byte{}
	for _, file := range files {
		content[file.Path] = file.Content
	}
	if err := l.hosts[router.Host].WriteFiles(content, 0o644); err != nil {
		return fmt.Errorf("write its configuration: %w", err)
	}
	return nil
}

// giveToFRR makes the state folder FRR's own: its daemons give up root.
func giveToFRR() error {
	owner, err := user.Lookup(frr.User)
	if err != nil {
		return fmt.Errorf("find the user %s (package frr makes it): %w", frr.User, err)
	}
	uid, errUID := strconv.Atoi(owner.Uid)
	gid, errGID := strconv.Atoi(owner.Gid)
	if err := errors.Join(errUID, errGID); err != nil {
		return fmt.Errorf("find the user %s: %w", frr.User, err)
	}
	return os.Chown(frr.StateDirectory, uid, gid)
}
