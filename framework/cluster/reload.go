package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/router/bird"
)

const (
	// reloadPipe takes a line for each request to reload BIRD. The lab's sv writes it.
	reloadPipe = "/var/run/calico/bird.reload"
	// reloadTimeout bounds one attempt. BIRD answers within milliseconds unless it is
	// frozen or has sessions to close.
	reloadTimeout = 10 * time.Second
)

// reloader reloads one node's BIRD whenever confd asks runit's sv for it: see
// bird.Reloader. Requests that come during a reload get one more reload after it.
type reloader struct {
	node     *node
	bird     bird.Reloader
	requests *os.File
	// noted is what went wrong last.
	noted string
}

// serveReloads makes the pipe on the node, once, and serves it as long as the lab's process
// lives. confd's requests before wait in it, or find none: BIRD reads its files when it starts.
func (n *node) serveReloads() error {
	if n.reloads != nil {
		return nil
	}
	r := &reloader{node: n}
	r.bird = bird.Reloader{Instance: nodeBIRD(), Alive: func() bool { return n.cluster.config.Supervisor.Runs(n.host.Name, birdComponent) }}
	err := n.namespaces.Do(func() error {
		if err := os.MkdirAll(path.Dir(reloadPipe), 0o755); err != nil {
			return err
		}
		if err := unix.Mkfifo(reloadPipe, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
			return &fs.PathError{Op: "make pipe", Path: reloadPipe, Err: err}
		}
		// Opened for both, the pipe never ends when a writer does.
		var err error
		r.requests, err = os.OpenFile(reloadPipe, os.O_RDWR, 0)
		return err
	})
	if err != nil {
		return fmt.Errorf("serve requests to reload BIRD: %w", err)
	}
	go r.serve()
	n.reloads = r
	return nil
}

// serve takes requests. One read takes all that have come.
func (r *reloader) serve() {
	requests := make([]byte, 512)
	between := time.NewTicker(poll)
	defer between.Stop()
	for {
		if _, err := r.requests.Read(requests); err != nil {
			return
		}
		for !r.reload() {
			<-between.C
		}
	}
}

// starting records that a BIRD that starts now reads the files as they are. A file that
// changes after this brings a request of its own.
func (r *reloader) starting() {
	if err := r.node.namespaces.Do(r.bird.Starting); err != nil {
		r.note(err)
	}
}

// reload makes one attempt, and reports whether the request is served: BIRD has answered,
// or does not run and so reads its files when it starts. A BIRD that is frozen gets the
// request when it goes on, as it would get a signal.
func (r *reloader) reload() (served bool) {
	ctx, cancel := context.WithTimeout(context.Background(), reloadTimeout)
	defer cancel()
	err := r.node.namespaces.Do(func() error { return r.bird.Reload(ctx) })
	if err == nil || errors.Is(err, bird.ErrNotRunning) {
		return true
	}
	r.note(err)
	// Any other error is a BIRD that ended meanwhile, whose successor is asked, or is frozen.
	_, refused := errors.AsType[*bird.Error](err)
	return refused
}

// note says in the log of BIRD what went wrong.
func (r *reloader) note(err error) {
	if err.Error() == r.noted {
		return
	}
	r.noted = err.Error()
	r.node.cluster.config.Supervisor.Note(r.node.host.Name, birdComponent, "does not run its configuration: "+err.Error())
}
