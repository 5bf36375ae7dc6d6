package kind

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// Logged implements lab.LogReader: a node has the log of its Calico container, a router
// one for each of its programs, and the host `lab` those of the lab's making.
func (l *Lab) Logged(ctx context.Context, host string) ([]string, error) {
	if host == lab.OwnHost {
		return l.makingLogs()
	}
	entry, ok := l.record.Topology.Host(host)
	if !ok {
		return nil, fmt.Errorf("lab %s: host %q: %w: the topology's hosts have some, and %s", l.Name(), host, lab.ErrNoLogs, lab.OwnHost)
	}
	if entry.Role == topology.Node {
		return []string{calicoNode}, nil
	}
	components, err := l.Components(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range components {
		if c.Host == host {
			names = append(names, c.Name)
		}
	}
	return names, nil
}

// makingLogs are the logs of what has made the lab.
func (l *Lab) makingLogs() ([]string, error) {
	const ending = ".log"
	entries, err := os.ReadDir(l.folder.Path(logFolder + "/" + lab.OwnHost))
	if err != nil {
		return nil, fmt.Errorf("lab %s: list the logs of its making: %w", l.Name(), err)
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ending); ok {
			names = append(names, name)
		}
	}
	return names, nil
}
