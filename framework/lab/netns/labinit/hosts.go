package labinit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// ownFolders are the folders that every host has for itself.
func ownFolders() []string {
	folders := []string{
		"/etc/calico", "/etc/cni", "/etc/kube-flannel", "/etc/rackproof", "/run/calico", "/run/flannel",
		"/var/lib/calico", "/var/lib/cni", "/var/log/calico",
	}
	for _, driver := range drivers.All() {
		for _, folder := range driver.Folders() {
			folders = append(folders, folder.Path)
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders) // several drivers may have the same
}

// makeHost makes a host's namespaces. The files stay open as long as the lab
// lives.
func makeHost(host topology.Host) (namespace.Set, error) {
	network, err := makeNetworkNamespace(host.Name)
	if err != nil {
		return namespace.Set{}, err
	}
	set := namespace.Set{Net: network}
	// /sys shows the network namespace in which it was mounted, so the mount
	// namespace is made inside the network namespace.
	err = set.Do(func() (err error) {
		set.Mount, set.UTS, err = makeMountNamespace(host.Name)
		return err
	})
	if err != nil {
		return namespace.Set{}, fmt.Errorf("%s: make its mount namespace: %w", host.Name, err)
	}
	return set, nil
}

// makeNetworkNamespace makes a named network namespace with its loopback
// interface down and opens it.
func makeNetworkNamespace(name string) (*os.File, error) {
	err := namespace.Set{}.Do(func() error {
		handle, err := netns.NewNamed(name)
		if err != nil {
			return err
		}
		return handle.Close()
	})
	if err != nil {
		return nil, fmt.Errorf("%s: make its network namespace: %w", name, err)
	}
	return os.Open(filepath.Join(netnsFolder, name))
}

// makeMountNamespace runs on a thread that is thrown away afterwards, as the
// thread becomes the first member of the new namespaces.
func makeMountNamespace(hostname string) (mount, uts *os.File, err error) {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
		return nil, nil, err
	}
	if err := unix.Sethostname([]byte(hostname)); err != nil {
		return nil, nil, fmt.Errorf("set its name: %w", err)
	}
	// From the lab to the host, so that pods' namespaces show up; not back.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return nil, nil, fmt.Errorf("receive the lab's mounts: %w", err)
	}
	for _, folder := range ownFolders() {
		if err := unix.Mount("rackproof", folder, "tmpfs", 0, "mode=0755"); err != nil {
			return nil, nil, fmt.Errorf("mount %s: %w", folder, err)
		}
	}
	if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
		return nil, nil, fmt.Errorf("mount /sys: %w", err)
	}
	if err := privateFile("/run/xtables.lock"); err != nil {
		return nil, nil, err
	}
	if mount, err = os.Open("/proc/thread-self/ns/mnt"); err != nil {
		return nil, nil, err
	}
	if uts, err = os.Open("/proc/thread-self/ns/uts"); err != nil {
		return nil, nil, err
	}
	return mount, uts, nil
}

// privateFile puts a file of the host's own over a file of the lab's: hosts whose
// iptables share a lock wait for each other.
func privateFile(path string) error {
	own := filepath.Join("/etc/rackproof", filepath.Base(path))
	for _, name := range []string{own, path} {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
	}
	if err := unix.Mount(own, path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s: %w", path, err)
	}
	return nil
}
