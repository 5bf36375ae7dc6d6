package bird

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"
	"syscall"
	"time"
)

// startPoll is the interval of looks at a BIRD that starts, for whose socket there is
// no event.
const startPoll = 100 * time.Millisecond

// ErrNotRunning says that there is no BIRD to reload. One that starts reads its files.
var ErrNotRunning = errors.New("BIRD does not run")

// Reloader reloads one of a node's BIRDs: it has BIRD read its configuration files
// again, through the control socket, and records the answer. Stock BIRD 1.6 loses a
// SIGHUP that comes while it handles another one; a command on its socket waits.
type Reloader struct {
	Instance
	// Alive reports whether BIRD has a process, which need not serve the socket yet.
	Alive func() bool
}

// Instance is one of a node's BIRDs.
type Instance struct {
	// Socket is BIRD's control socket.
	Socket string
	// Files are what confd writes: bird.cfg, which includes the others, bird_aggr.cfg and
	// bird_ipam.cfg.
	Files [3]string
	// Record is the file of the last Reload.
	Record string
}

// NodeInstance returns one of a node's BIRDs, by its service's name: bird, or bird6 for
// IPv6.
func NodeInstance(service string) Instance {
	const configuration, state = "/etc/calico/confd/config", "/var/run/calico"
	return Instance{
		Socket: path.Join(state, service+".ctl"),
		Files: [3]string{
			path.Join(configuration, service+".cfg"),
			path.Join(configuration, service+"_aggr.cfg"),
			path.Join(configuration, service+"_ipam.cfg"),
		},
		Record: path.Join(state, service+"-reload.json"),
	}
}

// Reload has BIRD read its files, waits until BIRD runs what they say, and records the
// outcome. It waits for a BIRD that starts. The error is ErrNotRunning, with no new
// record, if there is no process; an *Error if BIRD refuses the files; another one if
// BIRD could not be told, or did not finish before the context's end.
//
// Reloads with one record take turns, in whatever processes they are: the record is
// that of the last one.
func (r Reloader) Reload(ctx context.Context) error {
	unlock, err := r.lock()
	if err != nil {
		return err
	}
	defer unlock()
	files, err := r.reload(ctx)
	if errors.Is(err, ErrNotRunning) {
		return err
	}
	return errors.Join(err, r.record(files, err))
}

// Starting records that a BIRD which is about to start reads the files by itself.
func (r Reloader) Starting() error {
	files, err := r.digest()
	if err != nil {
		return err
	}
	return r.record(files, nil)
}

func (r Reloader) record(files string, failure error) error {
	reload := Reload{Time: time.Now(), Files: files}
	if failure != nil {
		reload.Error = failure.Error()
		refusal := (*Error)(nil)
		reload.Refused = errors.As(failure, &refusal)
	}
	return reload.Write(r.Record)
}

// lock waits for the other reloads, each of which ends by its own context.
func (r Reloader) lock() (unlock func(), err error) {
	file, err := os.OpenFile(r.Record+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("wait for other reloads of BIRD: %w", err)
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, fmt.Errorf("wait for other reloads of BIRD: %w", errors.Join(err, file.Close()))
		}
	}
}

// reload returns the digest of the files as they were just before BIRD was asked.
func (r Reloader) reload(ctx context.Context) (files string, err error) {
	client, err := r.dial(ctx)
	if err != nil {
		// The record of a BIRD that was never asked still names what it should run.
		digest, _ := r.digest()
		return digest, err
	}
	defer client.Close()
	if files, err = r.digest(); err != nil {
		return files, err
	}
	err = client.Configure(ctx)
	if refusal := (*Error)(nil); err != nil && !errors.As(err, &refusal) && !r.Alive() {
		return files, ErrNotRunning
	}
	return files, err
}

// dial connects to BIRD's socket, which a BIRD that starts does not serve at once.
func (r Reloader) dial(ctx context.Context) (*Client, error) {
	for {
		// In this order: a BIRD that ends after the look does not answer.
		alive := r.Alive()
		client, err := Dial(ctx, (&net.Dialer{}).DialContext, r.Socket)
		if err == nil {
			return client, nil
		}
		if !alive {
			return nil, ErrNotRunning
		}
		select {
		case <-time.After(startPoll):
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for BIRD to serve its socket: %w", errors.Join(context.Cause(ctx), err))
		}
	}
}

// digest is HashConfiguration of the files. One that confd has not written yet counts
// as empty.
func (r Reloader) digest() (string, error) {
	var contents [3][]byte
	for i, file := range r.Files {
		content, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return HashConfiguration(nil, nil, nil), fmt.Errorf("read BIRD's configuration: %w", err)
		}
		contents[i] = content
	}
	return HashConfiguration(contents[0], contents[1], contents[2]), nil
}
