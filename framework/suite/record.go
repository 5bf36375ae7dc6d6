package suite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/snapshot"
)

// recordTimeout bounds how long the end of a spec waits for a state to record: what the
// spec changed last may still be on its way.
const recordTimeout = 10 * time.Second

// record keeps the lab's state, with what all hosts have, in the folder of -rackproof.record:
// if they agree, and if no record there is of the same shape. A state in which they do not
// agree is no fault of the spec, and is left out.
func (l *Lab) record(ctx context.Context) {
	folder := l.suite.options.record
	if folder == "" || l.Lab == nil {
		return
	}
	var record snapshot.Record
	difference := "nobody could look"
	err := wait.PollUntilContextTimeout(ctx, poll, recordTimeout, true, func(ctx context.Context) (bool, error) {
		state, err := l.State(ctx)
		if err != nil {
			return false, err
		}
		path, err := l.recordPath(folder, state)
		if err != nil || path == "" {
			return true, err
		}
		record = snapshot.Record{Source: recordSource(), Mode: l.ModeNow(), Calico: l.calicoVersion, State: state}
		if difference, err = l.seen(ctx, &record); err != nil || difference != "" {
			return false, err
		}
		return true, writeRecord(path, record)
	})
	if err != nil {
		ginkgo.AddReportEntry("not recorded", fmt.Sprintf("%v\n%s", err, difference), ginkgo.ReportEntryVisibilityAlways)
	}
}

// seen looks at the hosts, and returns how they differ from the oracle.
func (l *Lab) seen(ctx context.Context, record *snapshot.Record) (difference string, err error) {
	view, err := observe.View(ctx, l.Lab, record.State.Routers)
	if err != nil {
		return "", err
	}
	record.Seen = view.Lines()
	return record.Difference()
}

// recordSource names the running spec.
func recordSource() string {
	labels := ginkgo.CurrentSpecReport().Labels()
	return cmp.Or(requirement.ID(labels), requirement.BaselineLabel)
}

// recordPath is where a state of a shape that is not there yet is recorded; empty for one
// that is.
func (l *Lab) recordPath(folder string, state oracle.State) (string, error) {
	shape, err := shapeOf(state)
	if err != nil {
		return "", err
	}
	there, err := filepath.Glob(filepath.Join(folder, "*-"+shape+".yaml"))
	if err != nil || len(there) > 0 {
		return "", err
	}
	name := fmt.Sprintf("%s-%s-%s-%s.yaml", l.ModeNow(), l.topology.Name, strings.ToLower(recordSource()), shape)
	return filepath.Join(folder, name), nil
}

// writeRecord writes a record. Suites that run side by side may have had the same idea.
func writeRecord(path string, record snapshot.Record) error {
	data, err := record.Encode()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("record a state: %w", err)
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// shapeOf is a short name of everything in a state that gives sessions and routes another
// form, and not only other addresses: two states of a shape show the oracle nothing new.
// Names that specs make up, addresses of pods and blocks, and the numbers of pods are left
// out.
func shapeOf(state oracle.State) (string, error) {
	parts := []string{state.Topology.Name}
	services, design := []string{}, designOf(oracle.State{
		Topology: state.Topology, Resources: state.Resources, Routers: state.Routers, CutLinks: state.CutLinks, CutEnds: state.CutEnds, Foreign: state.Foreign, Flannel: state.Flannel, Backend: state.Backend,
	})
	parts = append(parts, fmt.Sprintf("stock BIRD %t", state.StockBIRD))
	for key, value := range design {
		parts = append(parts, key+" "+value)
	}
	for _, s := range state.Services {
		services = append(services, fmt.Sprintf("service %s %t %d %d %d %v", s.Type, s.Local, len(s.ClusterIPs), len(s.ExternalIPs), len(s.LoadBalancerIPs), s.Endpoints))
	}
	slices.Sort(services)
	parts = append(parts, slices.Compact(services)...)
	for _, n := range state.Nodes {
		labels, err := json.Marshal(n.Labels)
		if err != nil {
			return "", err
		}
		parts = append(parts, fmt.Sprintf("node %s %s %d %s %d %d %d %t %t", n.Name, labels, n.AS, n.ReflectorClusterID,
			len(n.Blocks), len(n.Borrowed), len(n.EndRoutes), n.IPIPTunnel.IsValid(), n.VXLANTunnel.IsValid()))
	}
	for peer := range state.Passwords {
		parts = append(parts, "password of "+peer)
	}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:4]), nil
}
