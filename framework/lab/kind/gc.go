package kind

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/registry"
)

// List implements lab.Provider. It asks no Docker daemon.
func (Provider) List() ([]lab.Listed, error) {
	all, err := folders()
	if err != nil {
		return nil, err
	}
	var list []lab.Listed
	for _, f := range all {
		entry := lab.Listed{Name: f.Name(), Provider: providerName, Kernel: lab.HostKernel, Folder: string(f.Folder), Alive: !f.abandoned()}
		if info, err := os.Stat(f.Path(registry.LockFile)); err == nil {
			entry.Since = info.ModTime()
		}
		if r, err := f.record(); err == nil {
			entry.Topology, entry.Mode, entry.Since = r.Topology.Name, r.Mode.Name, r.Since
			if f.Held() {
				entry.PID = r.PID
			}
		}
		list = append(list, entry)
	}
	return list, nil
}

// GC implements lab.Provider. It removes labs with a state folder that nobody wants any
// more or whose containers are gone, and in the Docker daemon that is found also containers and networks of labs that have no folder. With
// no daemon to ask it removes folders only.
func (Provider) GC(ctx context.Context) ([]string, error) {
	all, err := folders()
	if err != nil {
		return nil, err
	}
	daemon, err := docker.Find(ctx)
	if errors.Is(err, docker.ErrNotReachable) {
		return removeFolders(all)
	}
	if err != nil {
		return nil, err
	}
	c, err := daemon.Client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var removed []string
	for _, f := range all {
		if r, err := f.record(); err == nil && r.Docker != daemon.Host() {
			continue // it is in another daemon, where nobody can look now
		}
		left, err := leftBehind(ctx, c, f)
		if err != nil {
			return removed, err
		}
		if !left {
			continue
		}
		if err := remove(ctx, daemon, c, f); err != nil {
			return removed, err
		}
		removed = append(removed, f.Name())
	}
	orphans, err := withoutFolder(ctx, c)
	if err != nil {
		return removed, err
	}
	for _, name := range orphans {
		f, err := folderOf(name)
		if err != nil {
			continue // no name of a lab
		}
		if err := remove(ctx, daemon, c, f); err != nil {
			return removed, err
		}
		removed = append(removed, name)
	}
	return removed, nil
}

// leftBehind reports whether a lab is to be removed. One that was released may have
// lost its containers, with the daemon that had them.
func leftBehind(ctx context.Context, c *client.Client, f folder) (bool, error) {
	if f.abandoned() {
		return true, nil
	}
	if f.Held() {
		return false, nil
	}
	ids, err := containers(ctx, c, f.Name())
	return len(ids) == 0, err
}

// removeFolders removes the folders of labs that were in Rackproof's own daemon, which
// has taken their containers with it.
func removeFolders(all []folder) ([]string, error) {
	var removed []string
	for _, f := range all {
		r, err := f.record()
		if f.Held() || err == nil && !strings.Contains(r.Docker, docker.StateFolder) {
			continue
		}
		if err := root().Remove(f.Folder); err != nil {
			return removed, err
		}
		removed = append(removed, f.Name())
	}
	return removed, nil
}

// withoutFolder are the names of labs that have something in Docker and no state
// folder. A lab makes its folder first and removes it last, so a folder that is not
// there after something in Docker was seen never will be.
func withoutFolder(ctx context.Context, c *client.Client) ([]string, error) {
	var names []string
	add := func(name string) {
		if f, err := folderOf(name); err == nil && !f.there() && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	containers, err := c.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	for _, item := range containers.Items {
		add(item.Labels[labLabel])
		if name, ok := strings.CutPrefix(item.Labels[clusterLabel], namePrefix); ok {
			add(name)
		}
	}
	networks, err := c.NetworkList(ctx, client.NetworkListOptions{Filters: make(client.Filters).Add("label", labLabel)})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	for _, item := range networks.Items {
		add(item.Labels[labLabel])
	}
	return names, nil
}
