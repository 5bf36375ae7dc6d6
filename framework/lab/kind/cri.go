package kind

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// criTimeout bounds a question to a node's container runtime.
const criTimeout = 20 * time.Second

// crictl asks a node's container runtime, and reads the answer as JSON.
func (l *Lab) crictl(ctx context.Context, node string, into any, arguments ...string) error {
	h, err := l.host(node)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, criTimeout)
	defer cancel()
	output, err := h.Run(ctx, append([]string{"crictl"}, arguments...)...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(output, into); err != nil {
		return fmt.Errorf("%s: read the answer of crictl %s: %w", node, arguments[0], err)
	}
	return nil
}

// process is a process by its folder in a /proc, which another one may have later, and
// by when it began.
type process struct{ proc, began string }

// findProcess finds the process that has a folder in a /proc now.
func findProcess(proc string) (process, error) {
	stat, err := os.ReadFile(path.Join(proc, "stat"))
	if err != nil {
		return process{}, err
	}
	// proc(5): the name in parentheses is the second field, the time is the 22nd.
	const began = 22 - 3
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= began {
		return process{}, fmt.Errorf("%s has no time of a start: %q", path.Join(proc, "stat"), stat)
	}
	return process{proc, fields[began]}, nil
}

// calicoProcess is the folder in /proc of the first process of a node's calico-node
// container. It is remembered as long as the process is there.
func (l *Lab) calicoProcess(node string) (string, error) {
	l.mu.Lock()
	known := l.calico[node]
	l.mu.Unlock()
	if known.proc != "" {
		if found, err := findProcess(known.proc); err == nil && found == known {
			return known.proc, nil
		}
	}
	h, err := l.host(node)
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	var list struct {
		Containers []struct {
			ID string `json:"id"`
		} `json:"containers"`
	}
	if err := l.crictl(ctx, node, &list, "ps", "--name", "^"+calicoNode+"$", "--state", "running", "--output", "json"); err != nil {
		return "", fmt.Errorf("find Calico's container: %w", err)
	}
	if len(list.Containers) == 0 {
		return "", fmt.Errorf("%s: Calico's container does not run", node)
	}
	var details struct {
		Info struct {
			PID int `json:"pid"`
		} `json:"info"`
	}
	if err := l.crictl(ctx, node, &details, "inspect", "--output", "json", list.Containers[0].ID); err != nil {
		return "", fmt.Errorf("find the process of Calico's container: %w", err)
	}
	// The node counts processes for itself, and has its own /proc.
	found, err := findProcess(path.Join(h.proc, "root/proc", strconv.Itoa(details.Info.PID)))
	if err != nil {
		return "", fmt.Errorf("%s: find the process of Calico's container: %w", node, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calico[node] = found
	return found.proc, nil
}

// podNetwork is the path of a pod's network namespace.
func (l *Lab) podNetwork(ctx context.Context, node, uid string) (string, error) {
	l.mu.Lock()
	known := l.pods[uid]
	l.mu.Unlock()
	if known != "" {
		if _, err := os.Stat(known); err == nil {
			return known, nil
		}
	}
	h, err := l.host(node)
	if err != nil {
		return "", err
	}
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := l.crictl(ctx, node, &list, "pods", "--label", "io.kubernetes.pod.uid="+uid, "--state", "ready", "--output", "json"); err != nil {
		return "", err
	}
	if len(list.Items) == 0 {
		return "", fmt.Errorf("it has no network yet")
	}
	var details struct {
		Info struct {
			RuntimeSpec struct {
				Linux struct {
					Namespaces []struct {
						Type string `json:"type"`
						Path string `json:"path"`
					} `json:"namespaces"`
				} `json:"linux"`
			} `json:"runtimeSpec"`
		} `json:"info"`
	}
	if err := l.crictl(ctx, node, &details, "inspectp", "--output", "json", list.Items[0].ID); err != nil {
		return "", err
	}
	for _, entry := range details.Info.RuntimeSpec.Linux.Namespaces {
		if entry.Type != "network" || entry.Path == "" {
			continue
		}
		found, err := resolveIn(h.proc, entry.Path)
		if err != nil {
			return "", err
		}
		l.mu.Lock()
		l.pods[uid] = found
		l.mu.Unlock()
		return found, nil
	}
	return "", fmt.Errorf("it has no network namespace of its own")
}

// resolveIn is the path by which this process reaches a file that a process of a
// container has. /var/run is a link to /run there, which would lead out of it.
func resolveIn(proc, file string) (string, error) {
	const link, target = "/var/run/", "/run/"
	if rest, ok := strings.CutPrefix(file, link); ok {
		file = target + rest
	}
	found := path.Join(proc, "root", file)
	if _, err := os.Stat(found); err != nil {
		return "", fmt.Errorf("open the network namespace: %w", err)
	}
	return found, nil
}
