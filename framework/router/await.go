package router

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// servePoll is the interval of attempts to connect to a program that starts.
const servePoll = 20 * time.Millisecond

// Await waits until a program that has been started takes connections at its socket. The
// socket's file is no sign of that: a program binds it before it listens. ended returns why the
// program has ended, which ends the wait.
func Await(ctx context.Context, dial Dialer, p Program, ended func(context.Context) error) error {
	err := wait.PollUntilContextCancel(ctx, servePoll, true, func(ctx context.Context) (bool, error) {
		conn, err := dial(ctx, "unix", p.Ready)
		if err != nil {
			return false, ended(ctx)
		}
		return true, conn.Close()
	})
	if err != nil {
		return fmt.Errorf("wait for %s to serve %s: %w", p.Name, p.Ready, cmp.Or(context.Cause(ctx), err))
	}
	return nil
}
