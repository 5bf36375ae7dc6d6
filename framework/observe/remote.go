package observe

import (
	"context"
	"net"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router"
)

// remote is a host as drivers see it. A capability that the host lacks gives lab.ErrUnable.
type remote struct{ lab.Host }

var _ router.Host = remote{}

// DialContext implements router.Host.
func (r remote) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer, err := lab.DialerOf(r.Host)
	if err != nil {
		return nil, err
	}
	return dialer.DialContext(ctx, network, address)
}

// ReadFile implements router.Host.
func (r remote) ReadFile(path string) ([]byte, error) {
	reader, err := lab.FileReaderOf(r.Host)
	if err != nil {
		return nil, err
	}
	return reader.ReadFile(path)
}

// Run implements router.Host.
func (r remote) Run(ctx context.Context, argv ...string) ([]byte, error) {
	runner, err := lab.RunnerOf(r.Host)
	if err != nil {
		return nil, err
	}
	return runner.Run(ctx, argv...)
}
