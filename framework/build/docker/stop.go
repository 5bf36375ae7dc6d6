package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// stopTimeout bounds the wait for the daemon's orderly end; then it is killed.
const stopTimeout = 15 * time.Second

// Stop ends Rackproof's own daemon and every container, and removes what it made,
// apart from its images. It does nothing if none runs.
func Stop(ctx context.Context) error {
	return stateAt(StateFolder).down(ctx)
}

// down is Stop, for any state folder.
func (s state) down(ctx context.Context) error {
	if s.alive() {
		if d, err := s.daemon(ctx); err == nil {
			// Removed first they need no grace. A container that stays here dies with
			// the init.
			_ = d.removeContainers(ctx)
		}
		if err := s.end(ctx); err != nil {
			return fmt.Errorf("end Rackproof's Docker daemon: %w", err)
		}
	}
	if err := s.clean(); err != nil {
		return fmt.Errorf("remove what Rackproof's Docker daemon left: %w", err)
	}
	return nil
}

// end asks the init to end, and kills it when it takes too long.
func (s state) end(ctx context.Context) error {
	pid, err := s.pid()
	if err != nil {
		return err
	}
	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGKILL} {
		if err := unix.Kill(pid, signal); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
		if err := s.waitEnd(ctx); err == nil {
			return nil
		} else if ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("process %d does not end", pid)
}

// waitEnd waits until nobody holds the lock.
func (s state) waitEnd(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for s.alive() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
	return nil
}

// removeContainers removes every container with its volumes, every network that
// Docker does not make by itself, and every volume.
func (d *Daemon) removeContainers(ctx context.Context) error {
	c, err := d.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	list, err := c.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return err
	}
	tasks, taskCtx := errgroup.WithContext(ctx)
	for _, container := range list.Items {
		tasks.Go(func() error {
			_, err := c.ContainerRemove(taskCtx, container.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	if _, err := c.NetworkPrune(ctx, client.NetworkPruneOptions{}); err != nil {
		return err
	}
	_, err = c.VolumePrune(ctx, client.VolumePruneOptions{})
	return err
}

// clean removes the files of a daemon that has ended, but its lock, and the control
// groups of its containers.
func (s state) clean() error {
	entries, err := os.ReadDir(string(s))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == lockFile {
			continue
		}
		if err := os.RemoveAll(s.path(entry.Name())); err != nil {
			return err
		}
	}
	return removeControlGroups("/sys/fs/cgroup", s.controlGroup())
}

// removeControlGroups removes a daemon's control group from every hierarchy: with
// version 1 there is one for each controller, with version 2 only one.
func removeControlGroups(root, group string) error {
	var first error
	for _, pattern := range []string{root, filepath.Join(root, "*")} {
		matches, err := filepath.Glob(filepath.Join(pattern, group))
		if err != nil {
			return err
		}
		for _, match := range matches {
			if err := removeControlGroup(match); err != nil && first == nil {
				first = fmt.Errorf("remove the control group %s: %w", match, err)
			}
		}
	}
	return first
}

// removeControlGroup removes a control group and those below it. Its files are the
// kernel's and go with it.
func removeControlGroup(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeControlGroup(filepath.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(folder)
}
