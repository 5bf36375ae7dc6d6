package component

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/rackproof/rackproof/framework/diskspace"
)

// The room for one large module, rounded up from the use of Kubernetes 1.34 and Calico 3.31
// on amd64 (5 GB, 2 GB and 0.8 GB for both together).
const (
	buildCacheBytes  = 3e9
	moduleCacheBytes = 1e9
	programBytes     = 0.5e9
)

// demand is a folder that will grow.
type demand struct {
	what, folder string
	bytes        uint64
}

// checkSpace refuses to start a build that would fill a file system. It counts
// as if go's caches were empty: how much of them will do cannot be known before.
func checkSpace(modules []installed, tool tool, cacheDir string) error {
	var count float64
	for _, place := range modules {
		count += cmp.Or(place.module.Size, 1)
	}
	return fits([]demand{
		{"go's build cache", tool.buildCache, uint64(count * buildCacheBytes)},
		{"go's module cache", tool.moduleCache, uint64(count * moduleCacheBytes)},
		{"the programs", cacheDir, uint64(count * programBytes)},
	}, diskspace.Of)
}

// fits compares demands with the space that measure finds, file system by file system.
func fits(demands []demand, measure func(path string) (diskspace.Space, error)) error {
	type sum struct {
		free, bytes uint64
		parts       []string
	}
	sums := map[uint64]*sum{}
	var devices []uint64
	for _, demand := range demands {
		space, err := measure(demand.folder)
		if err != nil {
			return err
		}
		total := sums[space.Device]
		if total == nil {
			total = &sum{free: space.Free}
			sums[space.Device] = total
			devices = append(devices, space.Device)
		}
		total.bytes += demand.bytes
		total.parts = append(total.parts,
			fmt.Sprintf("%s for %s in %s", diskspace.Format(demand.bytes), demand.what, demand.folder))
	}
	for _, device := range devices {
		if total := sums[device]; total.free < total.bytes {
			return fmt.Errorf("not enough disk space to build the components: %s free, about %s needed (%s); "+
				"free some, or point GOCACHE, GOMODCACHE or XDG_CACHE_HOME at a larger file system",
				diskspace.Format(total.free), diskspace.Format(total.bytes), strings.Join(total.parts, ", "))
		}
	}
	return nil
}
