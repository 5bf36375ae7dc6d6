package namespace

import (
	"context"
	"net"
)

// DialContext opens a connection from inside the namespaces. Network addresses
// must be literal; with network "unix" the path is looked up inside the mount
// namespace.
func (s Set) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var conn net.Conn
	err := s.Do(func() (err error) {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Listen opens a listening socket inside the namespaces.
func (s Set) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	var listener net.Listener
	err := s.Do(func() (err error) {
		listener, err = new(net.ListenConfig).Listen(ctx, network, address)
		return err
	})
	return listener, err
}
