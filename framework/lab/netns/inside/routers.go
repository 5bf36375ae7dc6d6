package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// socketPoll is the interval of waits for a socket file, for which there is no
// event inside another mount namespace.
const socketPoll = 20 * time.Millisecond

// startRouters starts all routers of the fabric side by side.
func (l *running) startRouters(ctx context.Context) error {
	tasks, ctx := errgroup.WithContext(ctx)
	for _, router := range l.spec.Routers {
		tasks.Go(func() error {
			if err := l.startRouter(ctx, router); err != nil {
				return fmt.Errorf("%s: start its router: %w", router.Host, err)
			}
			return nil
		})
	}
	return tasks.Wait()
}

// startRouter starts FRR's daemons on a host.
func (l *running) startRouter(ctx context.Context, router fabric.Router) error {
	files, err := frr.Render(router)
	if err != nil {
		return err
	}
	namespaces := l.hosts[router.Host]
	content := map[string][]byte{}
	for _, file := range files {
		content[file.Path] = file.Content
	}
	if err := namespaces.WriteFiles(content, 0o644); err != nil {
		return fmt.Errorf("write its configuration: %w", err)
	}
	if err := namespaces.Do(giveToFRR); err != nil {
		return err
	}
	for _, daemon := range frr.Daemons() {
		err := l.supervisor.Start(supervisor.Component{
			Host: router.Host, Name: daemon.Name, Argv: daemon.Argv,
			Env: l.environment(), Namespaces: namespaces,
		})
		if err != nil {
			return err
		}
		err = wait.PollUntilContextCancel(ctx, socketPoll, true, func(context.Context) (bool, error) {
			return namespaces.Do(func() error { _, err := os.Stat(daemon.Ready); return err }) == nil, nil
		})
		if err != nil {
			return fmt.Errorf("wait for %s to serve %s: %w", daemon.Name, daemon.Ready, context.Cause(ctx))
		}
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
