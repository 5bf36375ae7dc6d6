package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
)

// birdSocket is where Calico's BIRD has its control socket.
const birdSocket = "/var/run/calico/bird.ctl"

// birdConfig is the main file of BIRD's configuration, as confd writes it.
const birdConfig = "/etc/calico/confd/config/bird.cfg"

// Sessions reads the BGP sessions of all nodes and routers of a lab. With an error
// come the sessions of those hosts that could be read.
func Sessions(ctx context.Context, l lab.Lab) (session.Sessions, error) {
	routers, err := fabric.Plan(l.Topology(), l.Mode())
	if err != nil {
		return nil, err
	}
	readers := map[string]func(context.Context, lab.Host) ([]session.Session, error){}
	for _, node := range l.Topology().Nodes() {
		readers[node.Name] = nodeSessions
	}
	for _, router := range routers {
		readers[router.Host] = routerSessions
	}
	return fromEach(ctx, l, readers)
}

func nodeSessions(ctx context.Context, host lab.Host) ([]session.Session, error) {
	client, err := BIRD(ctx, host)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	config, err := host.ReadFile(birdConfig)
	if err != nil {
		return nil, err
	}
	return client.Sessions(ctx, config)
}

func routerSessions(ctx context.Context, host lab.Host) ([]session.Session, error) {
	data, err := frr.Query(ctx, host.DialContext, frr.SessionsQuery)
	if err != nil {
		return nil, err
	}
	return frr.ParseSessions(data)
}

// RouterRIB reads what BGP knows on a router.
func RouterRIB(ctx context.Context, host lab.Host) (frr.RIB, error) {
	data, err := frr.Query(ctx, host.DialContext, frr.RIBQuery)
	if err != nil {
		return frr.RIB{}, fmt.Errorf("%s: %w", host.Name(), err)
	}
	rib, err := frr.ParseRIB(data)
	if err != nil {
		return frr.RIB{}, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return rib, nil
}

// BIRD connects to a node's BIRD. The caller closes the client.
func BIRD(ctx context.Context, host lab.Host) (*bird.Client, error) {
	client, err := bird.Dial(ctx, host.DialContext, birdSocket)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host.Name(), err)
	}
	return client, nil
}

// KernelTables reads the main tables of all hosts of a lab. With an error come the
// tables of those hosts that could be read.
func KernelTables(ctx context.Context, l lab.Lab) (route.Tables, error) {
	readers := map[string]func(context.Context, lab.Host) (route.Table, error){}
	for _, host := range l.Topology().Hosts {
		readers[host.Name] = func(_ context.Context, host lab.Host) (route.Table, error) { return KernelTable(host) }
	}
	return fromEach(ctx, l, readers)
}

// fromEach reads something from several hosts side by side. What could be read is
// returned together with the errors of the other hosts.
func fromEach[T any](ctx context.Context, l lab.Lab, readers map[string]func(context.Context, lab.Host) (T, error)) (map[string]T, error) {
	type answer struct {
		host  string
		value T
		err   error
	}
	answers := make(chan answer, len(readers))
	for name, read := range readers {
		go func() {
			host, err := l.Host(name)
			if err != nil {
				answers <- answer{host: name, err: err}
				return
			}
			value, err := read(ctx, host)
			if err != nil {
				err = fmt.Errorf("observe %s: %w", name, err)
			}
			answers <- answer{name, value, err}
		}()
	}
	all := map[string]T{}
	failed := map[string]error{}
	for range readers {
		a := <-answers
		if a.err != nil {
			failed[a.host] = a.err
			continue
		}
		all[a.host] = a.value
	}
	var errs []error
	for _, host := range slices.Sorted(maps.Keys(failed)) {
		errs = append(errs, failed[host])
	}
	return all, errors.Join(errs...)
}
