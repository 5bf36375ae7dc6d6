package observe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// logLines is how many last lines of a log are kept.
const logLines = 200

// Evidence writes what a verdict rests on to a folder, one folder for each host:
// sessions and kernel table as expected and as observed, foreign settings, routing information
// bases, router configurations, the counters and rules that packets pass, and the last
// lines of every log. The error names each part that cannot be read; the rest is still
// written.
func Evidence(ctx context.Context, l lab.Lab, state oracle.State, folder string) error {
	e := evidence{ctx: ctx, lab: l, folder: folder}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the evidence of an earlier run: %w", err)
	}
	e.expected(state)
	e.foreign()
	for _, host := range l.Topology().Hosts {
		found, err := l.Host(host.Name)
		if err != nil {
			e.errs = append(e.errs, err)
			continue
		}
		table, err := KernelTable(found, host.Families())
		e.keep(host.Name, "kernel-routes.txt", []byte(table.String()), err)
		e.run(found, packetEvidence())
	}
	for _, node := range l.Topology().Nodes() {
		e.filters(node)
	}
	for _, node := range birdNodes(l) {
		e.node(node)
	}
	for _, router := range state.Routers {
		e.router(router)
	}
	e.logs()
	return errors.Join(e.errs...)
}

type evidence struct {
	ctx    context.Context
	lab    lab.Lab
	folder string
	errs   []error
}

// keep writes a piece of evidence, or notes why there is none.
func (e *evidence) keep(host, name string, data []byte, err error) {
	if err == nil {
		path := filepath.Join(e.folder, host, name)
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, append(data, '\n'), 0o644))
	}
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: %s: %w", host, name, err))
	}
}

func (e *evidence) expected(state oracle.State) {
	sessions, err := state.Sessions()
	for host, list := range sessions {
		var lines []string
		for _, s := range list {
			lines = append(lines, s.String())
		}
		e.keep(host, "expected-sessions.txt", []byte(strings.Join(lines, "\n")), err)
	}
	tables, err := state.Tables()
	for host, table := range tables {
		e.keep(host, "expected-kernel-routes.txt", []byte(table.String()), err)
	}
}

// foreign keeps what else decides over packets on the hosts that have such.
func (e *evidence) foreign() {
	found, err := Foreign(e.ctx, e.lab)
	if err != nil {
		e.errs = append(e.errs, err)
	}
	byHost := map[string][]Finding{}
	for _, f := range found {
		byHost[f.Host] = append(byHost[f.Host], f)
	}
	for host, list := range byHost {
		e.keep(host, "foreign.txt", []byte(Findings(list)), nil)
	}
}

// filters keeps the rules that packets pass on a node.
func (e *evidence) filters(node topology.Host) {
	host, err := e.lab.Host(node.Name)
	if err != nil {
		e.errs = append(e.errs, err)
		return
	}
	e.run(host, filterEvidence())
}

// node keeps what a node's BIRDs say, in their own words, and their configurations.
func (e *evidence) node(node topology.Host) {
	host, err := e.lab.Host(node.Name)
	if err != nil {
		return // filters has said so
	}
	for _, family := range node.Families() {
		instance := bird.OnNode(family)
		e.records(host, bird.ReadEvidence(e.ctx, remote{host}, instance.Socket))
		for _, file := range instance.Files {
			data, err := remote{host}.ReadFile(file)
			e.keep(node.Name, filepath.Base(file), data, err)
		}
		// Calico's own image keeps no record.
		if record, err := (remote{host}).ReadFile(instance.Record); !errors.Is(err, fs.ErrNotExist) {
			e.keep(node.Name, filepath.Base(instance.Record), record, err)
		}
	}
}

// records keeps what a BGP daemon says, in its own words.
func (e *evidence) records(host lab.Host, records []router.Record) {
	for _, r := range records {
		e.keep(host.Name(), r.File, r.Data, r.Err)
	}
}

// router keeps what a router says and its configuration.
func (e *evidence) router(r fabric.Router) {
	host, err := e.lab.Host(r.Host)
	if err != nil {
		e.errs = append(e.errs, err)
		return
	}
	driver, err := drivers.Of(r.Software)
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: read its router: %w", r.Host, err))
		return
	}
	e.records(host, driver.Evidence(e.ctx, remote{host}, r))
}

func (e *evidence) logs() {
	reader, err := lab.LogReaderOf(e.lab)
	if errors.Is(err, lab.ErrUnable) {
		return
	}
	for _, host := range append(topology.Names(e.lab.Topology().Hosts), lab.ControlHost, lab.OwnHost) {
		components, err := reader.Logged(e.ctx, host)
		if errors.Is(err, lab.ErrNoLogs) {
			continue
		}
		if err != nil {
			e.errs = append(e.errs, err)
		}
		for _, component := range components {
			lines, err := reader.LogTail(e.ctx, host, component, logLines)
			e.keep(host, component+".log", []byte(strings.Join(lines, "\n")), err)
		}
	}
}
