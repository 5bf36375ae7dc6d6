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
		start:  (*running).startFRR, verify: (*running).verifyFRR, change: (*running).changeFRR,
	}
	for _, daemon := range frr.Daemons() {
		s.programs = append(s.programs, program{daemon.Name, daemon.Argv, daemon.Ready})
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
	return l.verifyFRR(ctx, router)
}

// verifyFRR compares what FRR runs with its files: it starts with a file of which it has
// refused lines.
func (l *running) verifyFRR(ctx context.Context, router fabric.Router) error {
	return frr.Verify(ctx, l.hosts[router.Host].DialContext, router)
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
		return l.restartFRR(ctx, after, bgpd)
	case len(lines) == 0:
		return nil
	}
	err = frr.Configure(ctx, l.hosts[after.Host].DialContext, lines)
	if err == nil {
		err = l.verifyBGP(ctx, after)
	}
	if err != nil {
		// Lines before the one that was refused are in force.
		return errors.Join(err, l.writeFRR(before), l.restartFRR(ctx, before, bgpd))
	}
	return nil
}

func (l *running) restartFRR(ctx context.Context, router fabric.Router, daemon frr.Daemon) error {
	if err := l.supervisor.Stop(ctx, router.Host, daemon.Name, syscall.SIGTERM); err != nil {
		return err
	}
	if err := l.startProgram(ctx, router.Host, daemon.Name, daemon.Argv, daemon.Ready); err != nil {
		return err
	}
	return l.verifyBGP(ctx, router)
}

// verifyBGP is verifyFRR where bgpd runs and a spec may have stopped zebra.
func (l *running) verifyBGP(ctx context.Context, router fabric.Router) error {
	if !l.supervisor.Runs(router.Host, frr.Daemons()[0].Name) {
		return nil
	}
	return l.verifyFRR(ctx, router)
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
