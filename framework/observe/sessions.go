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
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// Sessions reads the BGP sessions of all nodes and routers of a lab, by the software
// that each router runs now. With an error come the sessions of those hosts that could
// be read.
func Sessions(ctx context.Context, l lab.Lab) (session.Sessions, error) {
	readers, err := sessionReaders(ctx, l)
	if err != nil {
		return nil, err
	}
	return fromEach(ctx, l, readers)
}

// SessionsOf reads the sessions of one node or router, as Sessions does.
func SessionsOf(ctx context.Context, l lab.Lab, host string) ([]session.Session, error) {
	readers, err := sessionReaders(ctx, l)
	if err != nil {
		return nil, err
	}
	return fromOne(ctx, l, readers, host)
}

func sessionReaders(ctx context.Context, l lab.Lab) (map[string]func(context.Context, lab.Host) ([]session.Session, error), error) {
	routers, err := Routers(ctx, l)
	if err != nil {
		return nil, err
	}
	readers := map[string]func(context.Context, lab.Host) ([]session.Session, error){}
	for _, node := range birdNodes(l) {
		readers[node.Name] = func(ctx context.Context, host lab.Host) ([]session.Session, error) {
			return nodeSessions(ctx, host, node.Families())
		}
	}
	for _, router := range routers {
		readers[router.Host] = func(ctx context.Context, host lab.Host) ([]session.Session, error) {
			return routerSessions(ctx, host, router.Software)
		}
	}
	return readers, nil
}

// birdNodes are the hosts of a lab whose calico-node runs BIRD: none in a mode without BGP.
func birdNodes(l lab.Lab) []topology.Host {
	if l.Mode().WithoutBGP() {
		return nil
	}
	return l.Topology().CalicoNodes()
}

func nodeSessions(ctx context.Context, host lab.Host, families []route.Family) ([]session.Session, error) {
	var all []session.Session
	for _, family := range families {
		instance := bird.OnNode(family)
		sessions, err := bird.ReadSessions(ctx, remote{host}, instance.Socket, instance.Files[0])
		if err != nil {
			return nil, err
		}
		all = append(all, sessions...)
	}
	return all, nil
}

func routerSessions(ctx context.Context, host lab.Host, software topology.Software) ([]session.Session, error) {
	driver, err := drivers.Of(software)
	if err != nil {
		return nil, fmt.Errorf("read its router: %w", err)
	}
	return driver.Sessions(ctx, remote{host})
}

// KernelTables reads the main tables of all hosts of a lab. With an error come the
// tables of those hosts that could be read.
func KernelTables(ctx context.Context, l lab.Lab) (route.Tables, error) {
	readers := map[string]func(context.Context, lab.Host) (route.Table, error){}
	for _, entry := range l.Topology().Hosts {
		readers[entry.Name] = func(_ context.Context, host lab.Host) (route.Table, error) {
			return KernelTable(host, entry.Families())
		}
	}
	return fromEach(ctx, l, readers)
}

// fromEach reads something from several hosts side by side. It returns the answers
// together with the errors of the other hosts.
func fromEach[T any](ctx context.Context, l lab.Lab, readers map[string]func(context.Context, lab.Host) (T, error)) (map[string]T, error) {
	type answer struct {
		host  string
		value T
		err   error
	}
	answers := make(chan answer, len(readers))
	for name, read := range readers {
		go func() {
			value, err := readHost(ctx, l, read, name)
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

// fromOne reads something from one of several hosts.
func fromOne[T any](ctx context.Context, l lab.Lab, readers map[string]func(context.Context, lab.Host) (T, error), name string) (T, error) {
	read, ok := readers[name]
	if !ok {
		var none T
		return none, fmt.Errorf("observe %s: it speaks no BGP", name)
	}
	return readHost(ctx, l, read, name)
}

func readHost[T any](ctx context.Context, l lab.Lab, read func(context.Context, lab.Host) (T, error), name string) (T, error) {
	host, err := l.Host(name)
	if err != nil {
		var none T
		return none, err
	}
	value, err := read(ctx, host)
	if err != nil {
		err = fmt.Errorf("observe %s: %w", name, err)
	}
	return value, err
}
