package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// logPath is the file of a container's output.
func (c *container) logPath() string {
	pod := c.pod.first
	return filepath.Join(c.pod.agent.config.LogDir, pod.Namespace+"_"+pod.Name+"_"+c.spec.Name+".log")
}

// openLog opens the file of a container's output. A restart writes after the run before.
func (c *container) openLog() (*os.File, error) {
	path := c.logPath()
	c.pod.mu.Lock()
	first := c.status.RestartCount == 0
	c.pod.mu.Unlock()
	if first {
		// The file is of an earlier pod of the same name, which may still write.
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("remove the old log of container %s: %w", c.spec.Name, err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("make the log of container %s: %w", c.spec.Name, err)
	}
	return f, nil
}

// serveLogs serves kubectl logs: everything that a container has written until now.
func (a *Agent) serveLogs(w http.ResponseWriter, r *http.Request) {
	namespace, podName, name := r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")
	if options := slices.Sorted(maps.Keys(r.URL.Query())); len(options) > 0 {
		http.Error(w, fmt.Sprintf("read the log of pod %s/%s: the lab's node agent does not support %s: run kubectl logs without it", namespace, podName, strings.Join(options, ", ")),
			http.StatusBadRequest)
		return
	}
	c := a.findContainer(namespace, podName, name)
	if c == nil {
		http.Error(w, fmt.Sprintf("node %s has no pod %s/%s with a container %q", a.config.Node, namespace, podName, name),
			http.StatusNotFound)
		return
	}
	f, err := os.Open(c.logPath())
	if err != nil {
		http.Error(w, fmt.Sprintf("read the log of pod %s/%s: container %q has not started: %v", namespace, podName, name, err), http.StatusBadRequest)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.Copy(w, f)
}
