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

// reloader reloads one node's BIRD whenever confd asks runit's sv for it. It uses the
// control socket and reads BIRD's answer. Calico's own BIRD takes a signal instead; stock
// BIRD 1.6.8 loses a SIGHUP that comes while it reconfigures, because it clears the
// signal's flag afterwards.
//
// Requests that come during a reload are served by one more reload after it.
type reloader struct {
	node     node
	requests *os.File
	// client is nil while no connection to BIRD is open.
	client *bird.Client
}

// startReloads makes the pipe on the node and serves it as long as the lab's process lives.
func (n node) startReloads() (*reloader, error) {
	r := &reloader{node: n}
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
		return nil, fmt.Errorf("serve requests to reload BIRD: %w", err)
	}
	go r.serve()
	return r, nil
}

// serve takes requests. One read takes all that have come.
func (r *reloader) serve() {
	requests := make([]byte, 512)
	for {
		if _, err := r.requests.Read(requests); err != nil {
			return
		}
		r.reload()
	}
}

// starting records that a BIRD that starts now reads the files as they are. A file that
// changes after this brings a request of its own.
func (r *reloader) starting() {
	files, err := r.files()
	r.record(files, err)
}

// reload makes BIRD read its files again. It ends when BIRD has answered, or does not run
// and so reads them when it starts. A BIRD that is frozen gets the request when it goes on,
// as it would get a signal.
func (r *reloader) reload() {
	poll := time.NewTicker(poll)
	defer poll.Stop()
	for r.node.cluster.config.Supervisor.Runs(r.node.host.Name, birdComponent) {
		files, err := r.files()
		if err == nil {
			err = r.configure()
		}
		refused, answered := errors.AsType[*bird.Error](err)
		if answered {
			err = refused
		}
		// While BIRD is starting its socket is not there; that is no error yet.
		if answered || err == nil || !errors.Is(err, errNoSocket) {
			r.record(files, err)
		}
		if answered || err == nil {
			return
		}
		<-poll.C
	}
	r.hangUp()
}

// errNoSocket is the error for a BIRD that does not serve its control socket.
var errNoSocket = errors.New("it does not serve its control socket")

// configure sends one request and reads the answer.
func (r *reloader) configure() error {
	ctx, cancel := context.WithTimeout(context.Background(), reloadTimeout)
	defer cancel()
	if r.client == nil {
		client, err := bird.Dial(ctx, r.node.namespaces.DialContext, birdSocket)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED) {
			return fmt.Errorf("%w: %w", errNoSocket, err)
		}
		if err != nil {
			return err
		}
		r.client = client
	}
	err := r.client.Configure(ctx)
	if _, answered := errors.AsType[*bird.Error](err); err != nil && !answered {
		r.hangUp()
		if ctx.Err() == nil {
			// The BIRD of the open connection has ended; the next attempt asks its successor.
			return fmt.Errorf("%w: %w", errNoSocket, err)
		}
	}
	return err
}

func (r *reloader) hangUp() {
	if r.client != nil {
		r.client.Close()
		r.client = nil
	}
}

// files is the digest of the files as they are now.
func (r *reloader) files() (digest string, err error) {
	err = r.node.namespaces.Do(func() error {
		var content [3][]byte
		for i, name := range birdFiles() {
			if content[i], err = os.ReadFile(path.Join(birdFolder, name)); err != nil {
				return fmt.Errorf("read BIRD's configuration: %w", err)
			}
		}
		digest = bird.HashConfiguration(content[0], content[1], content[2])
		return nil
	})
	return digest, err
}

// record writes what became of a request, for those who compare what BIRD runs with its
// files, and says in the log of BIRD what went wrong.
func (r *reloader) record(files string, failure error) {
	reload := bird.Reload{Time: time.Now(), Files: files}
	if failure != nil {
		reload.Error = failure.Error()
		r.node.cluster.config.Supervisor.Note(r.node.host.Name, birdComponent, "does not run its configuration: "+failure.Error())
	}
	if files == "" {
		return
	}
	if err := r.node.namespaces.Do(func() error { return reload.Write(bird.ReloadRecord) }); err != nil {
		r.node.cluster.config.Supervisor.Note(r.node.host.Name, birdComponent, err.Error())
	}
}
