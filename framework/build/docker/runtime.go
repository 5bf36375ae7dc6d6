package docker

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/capability"
	"golang.org/x/sys/unix"
)

// runtimeName is argument 0 of the OCI runtime, by which the program knows that it is
// to be one.
const runtimeName = "rackproof-runc"

// realRuntime is the distribution's OCI runtime.
const realRuntime = "runc"

// runRuntime is the OCI runtime: it takes out of a container's configuration, or a
// process's, what this machine would refuse, lets containers forward packets, and
// becomes runc. It returns only with an
// error, which the caller (containerd's shim) reports from standard error.
func runRuntime(arguments []string) error {
	limits, err := ownLimits()
	if err != nil {
		return fmt.Errorf("find out what this process may do: %w", err)
	}
	for _, change := range changes(arguments) {
		if err := change.apply(limits); err != nil {
			return fmt.Errorf("adapt %s to this machine: %w", change.path, err)
		}
	}
	path, err := exec.LookPath(realRuntime)
	if err != nil {
		return fmt.Errorf("find the OCI runtime: %w: install the package runc", err)
	}
	return unix.Exec(path, append([]string{realRuntime}, arguments...), os.Environ())
}

// change is a file that has a process's configuration.
type change struct {
	path string
	// whole is true for a container's config.json, in which that of its process is a
	// part, and false for the file of an exec, which has nothing else.
	whole bool
}

// changes are the files that a command line of runc starts processes from.
func changes(arguments []string) []change {
	var list []change
	for command, name := range map[string]change{
		"create":  {"--bundle", true},
		"run":     {"--bundle", true},
		"restore": {"--bundle", true},
		"exec":    {"--process", false},
	} {
		if !slices.Contains(arguments, command) {
			continue
		}
		short := name.path[1:3] // -b, -p
		for i, argument := range arguments {
			value, ok := strings.CutPrefix(argument, name.path+"=")
			if !ok && (argument == name.path || argument == short) && i+1 < len(arguments) {
				value, ok = arguments[i+1], true
			}
			if !ok {
				continue
			}
			if name.whole {
				value = filepath.Join(value, "config.json")
			}
			list = append(list, change{value, name.whole})
		}
	}
	return list
}

// apply rewrites the file.
func (c change) apply(l limits) error {
	data, err := os.ReadFile(c.path)
	if err != nil {
		return err
	}
	adapt := adaptProcess
	if c.whole {
		adapt = adaptContainer
	}
	if data, err = adapt(data, l); err != nil {
		return err
	}
	info, err := os.Stat(c.path)
	if err != nil {
		return err
	}
	return os.WriteFile(c.path, data, info.Mode().Perm())
}

// adaptContainer adapts a container's config.json: its process and its kernel
// parameters. Everything else stays as it is, byte by byte.
func adaptContainer(config []byte, l limits) ([]byte, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(config, &parts); err != nil {
		return nil, err
	}
	for part, adapt := range map[string]func([]byte) ([]byte, error){
		"process": func(process []byte) ([]byte, error) { return adaptProcess(process, l) },
		"linux":   forwardPackets,
	} {
		data, ok := parts[part]
		if !ok {
			continue
		}
		adapted, err := adapt(data)
		if err != nil {
			return nil, err
		}
		parts[part] = adapted
	}
	return json.Marshal(parts)
}

// forwarding is the kernel parameter that makes a host a router.
const forwarding = "net.ipv4.ip_forward"

// forwardPackets sets a container's forwarding where nobody has said what it is to be,
// and the container has a network namespace. A new namespace takes the value of the
// machine's own, where a daemon that lives there has set it; this one has not, and
// kubeadm and routers expect it.
func forwardPackets(linux []byte) ([]byte, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(linux, &parts); err != nil {
		return nil, err
	}
	var namespaces []struct {
		Type string `json:"type"`
	}
	if data, ok := parts["namespaces"]; ok {
		if err := json.Unmarshal(data, &namespaces); err != nil {
			return nil, fmt.Errorf("namespaces: %w", err)
		}
	}
	own := false
	for _, namespace := range namespaces {
		own = own || namespace.Type == "network"
	}
	parameters := map[string]string{}
	if data, ok := parts["sysctl"]; ok {
		if err := json.Unmarshal(data, &parameters); err != nil {
			return nil, fmt.Errorf("sysctl: %w", err)
		}
	}
	if _, said := parameters[forwarding]; said || !own {
		return linux, nil
	}
	parameters[forwarding] = "1"
	data, err := json.Marshal(parameters)
	if err != nil {
		return nil, err
	}
	parts["sysctl"] = data
	return json.Marshal(parts)
}

// adaptProcess takes out of a process's configuration (OCI runtime specification,
// "process") the capabilities that are not in the bounding set and, where they could
// not be raised, the resource limits and a lower oomScoreAdj than this process's own.
func adaptProcess(process []byte, l limits) ([]byte, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(process, &parts); err != nil {
		return nil, err
	}
	if data, ok := parts["capabilities"]; ok {
		var sets map[string][]string
		if err := json.Unmarshal(data, &sets); err != nil {
			return nil, fmt.Errorf("capabilities: %w", err)
		}
		missing := l.missing()
		for set, names := range sets {
			sets[set] = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(missing, name) })
		}
		encoded, err := json.Marshal(sets)
		if err != nil {
			return nil, err
		}
		parts["capabilities"] = encoded
	}
	if !l.has(capability.CAP_SYS_RESOURCE) {
		delete(parts, "rlimits")
		if data, ok := parts["oomScoreAdj"]; ok {
			var adj int
			if err := json.Unmarshal(data, &adj); err != nil {
				return nil, fmt.Errorf("oomScoreAdj: %w", err)
			}
			parts["oomScoreAdj"] = fmt.Appendf(nil, "%d", max(adj, l.oomScoreAdj))
		}
	}
	return json.Marshal(parts)
}
