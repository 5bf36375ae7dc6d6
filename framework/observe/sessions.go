package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// Sessions reads the BGP sessions of all nodes and routers of a lab, by the software
// that each router runs now. With an error come the sessions of those hosts that could
// be read.
func Sessions(ctx context.Context, l lab.Lab) (session.Sessions, error) {
	routers, err := Routers(ctx, l)
	if err != nil {
		return nil, err
	}
	readers := map[string]func(context.Context, lab.Host) ([]session.Session, error){}
	for _, node := range l.Topology().Nodes() {
		readers[node.Name] = nodeSessions
	}
	for _, router := range routers {
		readers[router.Host] = func(ctx context.Context, host lab.Host) ([]session.Session, error) {
			return routerSessions(ctx, host, router.Software)
		}
	}
	return fromEach(ctx, l, readers)
}

func nodeSessions(ctx context.Context, host lab.Host) ([]session.Session, error) {
	return birdSessions(ctx, host, nodeSocket, nodeConfig)
}

func routerSessions(ctx context.Context, host lab.Host, software topology.Software) ([]session.Session, error) {
	switch software {
	case topology.BIRD:
		return birdSessions(ctx, host, bird.RouterSocket, bird.RouterConfig)
	case topology.FRR:
		data, err := frr.Query(ctx, host.DialContext, frr.SessionsQuery)
		if err != nil {
			return nil, err
		}
		return frr.ParseSessions(data)
	}
	return nil, unknownSoftware(software)
}

// birdSessions reads BIRD's sessions, and their local AS numbers from the file that
// BIRD runs by.
func birdSessions(ctx context.Context, host lab.Host, socket, config string) ([]session.Session, error) {
	client, err := dialBIRD(ctx, host, socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	text, err := host.ReadFile(config)
	if err != nil {
		return nil, err
	}
	return client.Sessions(ctx, text)
}

func unknownSoftware(software topology.Software) error {
	return fmt.Errorf("its router runs %q, which nobody can read: %s and %s can be", software, topology.FRR, topology.BIRD)
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
