package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
)

// BIRDConfiguration is what confd has written for BIRD on a node.
type BIRDConfiguration []byte

// Configuration reads what confd has written for a node's BIRDs of some families, one
// after the other.
func Configuration(host lab.Host, families []route.Family) (BIRDConfiguration, error) {
	var all BIRDConfiguration
	for _, family := range families {
		for _, file := range bird.OnNode(family).Files {
			data, err := remote{host}.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("%s: read BIRD's configuration: %w", host.Name(), err)
			}
			all = append(append(all, data...), 0)
		}
	}
	return all, nil
}

// PassivePeers reads the neighbors of a node's BIRDs, and for which of them BIRD waits until
// they connect.
func PassivePeers(host lab.Host, families []route.Family) (map[netip.Addr]bool, error) {
	configuration, err := Configuration(host, families)
	if err != nil {
		return nil, err
	}
	passive, err := bird.Passive(configuration)
	if err != nil {
		return nil, fmt.Errorf("%s: read BIRD's configuration: %w", host.Name(), err)
	}
	return passive, nil
}

// Equal reports whether two are the same.
func (c BIRDConfiguration) Equal(other BIRDConfiguration) bool { return bytes.Equal(c, other) }

// digest is what a reload's record has of the files.
func (c BIRDConfiguration) digest() string {
	files := bytes.SplitN(c, []byte{0}, 3)
	return bird.HashConfiguration(files[0], files[1], bytes.TrimSuffix(files[2], []byte{0}))
}

// birdClock is how much earlier than it was BIRD 1.6 may say that something was: its
// clock has whole seconds, and begins them at moments of its own.
const birdClock = time.Second

// StaleBIRD says why one of a node's BIRDs does not run what its files say; it is empty if
// all do. A node with the record of its reloads is compared to the byte. One without,
// such as a public calico-node image, has BIRD's own clock alone: there a configuration
// counts that BIRD has read at a time or later, give or take two seconds.
func StaleBIRD(ctx context.Context, host lab.Host, families []route.Family, since time.Time) (string, error) {
	for _, family := range families {
		if why, err := staleBIRD(ctx, host, family, since); err != nil || why != "" {
			return why, err
		}
	}
	return "", nil
}

func staleBIRD(ctx context.Context, host lab.Host, family route.Family, since time.Time) (string, error) {
	files, err := Configuration(host, []route.Family{family})
	if err != nil {
		return "", err
	}
	data, err := remote{host}.ReadFile(bird.OnNode(family).Record)
	if errors.Is(err, fs.ErrNotExist) {
		return staleByClock(ctx, host, family, since)
	}
	if err != nil {
		return "", fmt.Errorf("%s: read the record of BIRD's reloads: %w", host.Name(), err)
	}
	reload, err := bird.ReadReload(data)
	if err != nil {
		return "", fmt.Errorf("%s: %w", host.Name(), err)
	}
	return staleByRecord(files, reload), nil
}

func staleByRecord(files BIRDConfiguration, reload bird.Reload) string {
	switch {
	case files.digest() != reload.Files:
		return fmt.Sprintf("its files have changed since BIRD read them at %s", reload.Time.Local().Format("15:04:05.000"))
	case reload.Refused:
		return "" // the files are Calico's, and so is what is wrong with them
	case reload.Error != "":
		return "BIRD does not run its files: " + reload.Error
	}
	return ""
}

func staleByClock(ctx context.Context, host lab.Host, family route.Family, since time.Time) (string, error) {
	client, err := BIRD(ctx, host, family)
	if err != nil {
		return "", err
	}
	defer client.Close()
	status, err := client.Status(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", host.Name(), err)
	}
	if status.Reconfiguring || status.LastReconfiguration.Before(since.Truncate(time.Second).Add(-birdClock)) {
		return fmt.Sprintf("BIRD last read its files at %s, and they were to be read at %s", status.LastReconfiguration.Format(time.TimeOnly), since.Format(time.TimeOnly)), nil
	}
	return "", nil
}
