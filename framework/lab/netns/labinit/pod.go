package labinit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/rackproof/rackproof/framework/namespace"
)

// newPodNamespace makes a named network namespace for a pod, with lo up, unless
// it is there already.
func newPodNamespace(name string) (string, error) {
	path := filepath.Join(netnsFolder, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	file, err := makeNetworkNamespace(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	err = namespace.Set{Net: file}.Do(func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		return netlink.LinkSetUp(lo)
	})
	if err != nil {
		return "", fmt.Errorf("%s: bring lo up: %w", name, err)
	}
	return path, nil
}

// deletePodNamespace undoes newPodNamespace; what is not there is no error.
func deletePodNamespace(name string) error {
	if err := netns.DeleteNamed(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: delete its network namespace: %w", name, err)
	}
	return nil
}
