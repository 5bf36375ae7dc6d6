package kind

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/lab/registry"
)

// Down takes the lab down and returns when nothing of it is left.
func (l *Lab) Down(ctx context.Context) error {
	if l.stop != nil {
		l.stop()
	}
	if err := remove(ctx, l.daemon, l.docker, l.folder); err != nil {
		return err
	}
	errs := []error{l.docker.Close()}
	if l.lock != nil {
		errs = append(errs, l.lock.Close())
	}
	return errors.Join(errs...)
}

// Down implements lab.Provider. The lab may also have been killed.
func (Provider) Down(ctx context.Context, name string) error {
	f, err := folderOf(name)
	if err != nil {
		return err
	}
	if !f.there() {
		return fmt.Errorf("lab %s: %w", name, registry.ErrNoLab)
	}
	daemon, err := docker.Find(ctx)
	if err != nil {
		return err
	}
	c, err := daemon.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	return remove(ctx, daemon, c, f)
}

// remove removes all that a lab has in Docker, and then its state folder. Interfaces,
// bridges and namespaces go with the containers.
func remove(ctx context.Context, daemon *docker.Daemon, c *client.Client, f folder) error {
	if err := removeContainers(ctx, daemon, c, f.Name()); err != nil {
		return fmt.Errorf("lab %s: %w", f.Name(), err)
	}
	if err := removeNetworks(ctx, c, f.Name()); err != nil {
		return fmt.Errorf("lab %s: %w", f.Name(), err)
	}
	return root().Remove(f.Folder)
}

// removeContainers removes a lab's containers with their volumes, until there are none:
// kind may have been making one when its process was killed.
func removeContainers(ctx context.Context, daemon *docker.Daemon, c *client.Client, lab string) error {
	for {
		ids, err := containers(ctx, c, lab)
		if err != nil || len(ids) == 0 {
			return err
		}
		tasks, ctx := errgroup.WithContext(ctx)
		for _, id := range ids {
			tasks.Go(func() error {
				// For Docker a kill takes a program that it starts, and a lab that still runs
				// keeps the machine busy. Docker kills a container that survives it.
				_ = killContainer(ctx, daemon, c, id)
				_, err := c.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
				// One that another removes at the same time is a conflict until it is gone.
				if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
					return fmt.Errorf("remove container %.12s: %w", id, err)
				}
				return nil
			})
		}
		if err := tasks.Wait(); err != nil {
			return err
		}
	}
}

// killContainer kills a container's first process, and with it all others. Docker would
// start a node again once.
func killContainer(ctx context.Context, daemon *docker.Daemon, c *client.Client, id string) error {
	found, err := c.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	state := found.Container.State
	if state == nil || !state.Running || state.Pid == 0 {
		return nil
	}
	update := client.ContainerUpdateOptions{RestartPolicy: &container.RestartPolicy{Name: container.RestartPolicyDisabled}}
	if _, err := c.ContainerUpdate(ctx, id, update); err != nil {
		return err
	}
	return signalProcess(daemon.Proc(state.Pid), syscall.SIGKILL)
}

// containers are the ids of a lab's containers.
func containers(ctx context.Context, c *client.Client, lab string) ([]string, error) {
	var ids []string
	for _, label := range []string{labLabel + "=" + lab, clusterLabel + "=" + clusterName(lab)} {
		list, err := c.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", label)})
		if err != nil {
			return nil, fmt.Errorf("list its containers: %w", err)
		}
		for _, item := range list.Items {
			if !slices.Contains(ids, item.ID) {
				ids = append(ids, item.ID)
			}
		}
	}
	return ids, nil
}

func removeNetworks(ctx context.Context, c *client.Client, lab string) error {
	list, err := c.NetworkList(ctx, client.NetworkListOptions{Filters: make(client.Filters).Add("label", labLabel+"="+lab)})
	if err != nil {
		return fmt.Errorf("list its networks: %w", err)
	}
	for _, item := range list.Items {
		if _, err := c.NetworkRemove(ctx, item.ID, client.NetworkRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("remove network %s: %w", item.Name, err)
		}
	}
	return nil
}
