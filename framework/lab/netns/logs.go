package netns

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// logEnding is how the names of log files end (supervisor.LogPath).
const logEnding = ".log"

// Logged implements lab.LogReader. The host `lab` is the lab's own process.
func (l *Lab) Logged(_ context.Context, host string) ([]string, error) {
	components, err := logged(l.Logs(), l.logFolder(host), host)
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", l.Name(), err)
	}
	return components, nil
}

// LogTail implements lab.LogReader.
func (l *Lab) LogTail(_ context.Context, host, component string, lines int) ([]string, error) {
	folder := l.logFolder(host)
	return supervisor.Tail(supervisor.LogPath(filepath.Dir(folder), filepath.Base(folder), component), lines)
}

// LogSince implements lab.LogFollower.
func (l *Lab) LogSince(_ context.Context, host, component string, offset int64) ([]byte, int64, error) {
	folder := l.logFolder(host)
	return supervisor.Since(supervisor.LogPath(filepath.Dir(folder), filepath.Base(folder), component), offset)
}

// logFolder is the folder of a host's logs, which need not exist.
func (l *Lab) logFolder(host string) string {
	if hosted := l.spec.ControlPlane; hosted != nil && host == cluster.ControlHost {
		return filepath.Join(vm.OutsideFolder, labinit.LogFolder, hosted.Name)
	}
	return filepath.Join(l.Logs(), host)
}

// logged lists the components of a host that have a log. logs is the folder of the
// lab's logs, and folder that of the host's.
func logged(logs, folder, host string) ([]string, error) {
	if _, err := os.Stat(folder); err != nil || filepath.Base(folder) != host && host != cluster.ControlHost {
		hosts, err := names(logs, os.DirEntry.IsDir)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("host %q: %w: those that have are %s", host, lab.ErrNoLogs, strings.Join(hosts, ", "))
	}
	files, err := names(folder, func(entry os.DirEntry) bool {
		return !entry.IsDir() && strings.HasSuffix(entry.Name(), logEnding)
	})
	if err != nil {
		return nil, err
	}
	var components []string
	for _, file := range files {
		components = append(components, strings.TrimSuffix(file, logEnding))
	}
	return components, nil
}

// names lists what a folder has, in order.
func names(folder string, keep func(os.DirEntry) bool) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	var list []string
	for _, entry := range entries {
		if keep(entry) {
			list = append(list, entry.Name())
		}
	}
	return list, nil
}
