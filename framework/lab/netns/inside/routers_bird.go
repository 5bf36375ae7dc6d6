package inside

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
)

// birdSoftware is how routers that run BIRD are run.
func birdSoftware() software {
	daemon := bird.RouterDaemon()
	return software{
		programs: []program{{daemon.Name, daemon.Argv, daemon.Ready}}, origin: route.OriginBIRD,
		check: func(r fabric.Router) error { _, err := bird.Render(r); return err },
		start: (*running).startBIRD, verify: (*running).verifyBIRD, change: (*running).changeBIRD,
	}
}

// startBIRD starts BIRD on a host.
func (l *running) startBIRD(ctx context.Context, router fabric.Router) error {
	if err := l.writeBIRD(router); err != nil {
		return err
	}
	daemon := bird.RouterDaemon()
	if err := l.startProgram(ctx, router.Host, daemon.Name, daemon.Argv, daemon.Ready); err != nil {
		return err
	}
	return l.verifyBIRD(ctx, router)
}

// verifyBIRD waits for BIRD's greeting. BIRD makes its socket before it reads its
// configuration and answers after that, or ends without an answer.
func (l *running) verifyBIRD(ctx context.Context, router fabric.Router) error {
	client, err := bird.Dial(ctx, l.hosts[router.Host].DialContext, bird.RouterSocket)
	if err == nil {
		return client.Close()
	}
	// It has closed its socket a moment before its end, which tells why.
	why := wait.PollUntilContextTimeout(ctx, socketPoll, endTimeout, true, func(context.Context) (bool, error) {
		return false, l.ended(router.Host, bird.RouterDaemon().Name)
	})
	return errors.Join(err, why)
}

// endTimeout bounds the wait for the end of a BIRD that does not answer.
const endTimeout = 2 * time.Second

// changeBIRD changes what BIRD does. It ends those sessions only that change.
func (l *running) changeBIRD(ctx context.Context, before, after fabric.Router) error {
	if err := l.writeBIRD(after); err != nil {
		return err
	}
	if !l.supervisor.Runs(after.Host, bird.RouterDaemon().Name) {
		return nil // it reads the file when it starts
	}
	if err := l.reconfigureBIRD(ctx, after.Host); err != nil {
		// It goes on as before, and so should one that is started again.
		return errors.Join(err, l.writeBIRD(before))
	}
	return nil
}

func (l *running) reconfigureBIRD(ctx context.Context, host string) error {
	client, err := bird.Dial(ctx, l.hosts[host].DialContext, bird.RouterSocket)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Configure(ctx)
}

func (l *running) writeBIRD(router fabric.Router) error {
	config, err := bird.Render(router)
	if err != nil {
		return err
	}
	if err := l.hosts[router.Host].WriteFiles(map[string][]byte{bird.RouterConfig: config}, 0o644); err != nil {
		return fmt.Errorf("write its configuration: %w", err)
	}
	return nil
}
