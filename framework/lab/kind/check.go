package kind

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/prometheus/procfs"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/topology"
)

// memory is what a lab needs, in bytes: four nodes with Kubernetes and Calico.
const memory = 6 << 30

// Check implements lab.Provider: the mode fits the topology, the kernel has what the mode
// needs, a Docker daemon answers and has the images, kind's own needs and containerlab are
// there, and there is enough memory.
func (Provider) Check(ctx context.Context, options lab.Options) error {
	daemon, err := docker.Find(ctx)
	if err != nil {
		return err
	}
	made, err := findParts(ctx, daemon, options)
	if err != nil {
		return err
	}
	return check(ctx, daemon, made)
}

func check(ctx context.Context, daemon *docker.Daemon, options parts) error {
	if err := options.Mode.Check(options.Topology); err != nil {
		return err
	}
	if options.Mode.Flannel != nil {
		return fmt.Errorf("mode %s: %w: labs on kind have no flannel: use another provider", options.Mode.Name, lab.ErrUnable)
	}
	if reflectors := options.Topology.ByRole(topology.Reflector); len(reflectors) > 0 {
		return fmt.Errorf("topology %s: %w: labs on kind have no reflector outside the cluster: use another provider", options.Topology.Name, lab.ErrUnable)
	}
	if err := capability.Check(ctx, need(), capability.Mode(options.Mode)); err != nil {
		return err
	}
	if _, err := exec.LookPath("docker"); err != nil {
		return errors.New("the docker command, by which kind works, is not installed: install docker.io (Debian's and Ubuntu's name)")
	}
	if program := options.Components.Program(component.ContainerlabDeploy); program == "" {
		return errors.New("containerlab is not built: run `make kind-components`")
	}
	if err := checkImages(ctx, daemon, options); err != nil {
		return err
	}
	available, err := availableMemory()
	if err != nil {
		return err
	}
	if available < memory {
		return fmt.Errorf("a lab on kind needs %.1f GiB of memory and %.1f GiB are available: take other labs down (`rackproof lab list`), or use a larger machine",
			gibibytes(memory), gibibytes(available))
	}
	return nil
}

// need is what labs on kind need of the machine, whatever their mode.
func need() capability.Need {
	return capability.Need{
		For:    "labs on kind",
		Kernel: capability.Kernel{Major: 5, Minor: 10},
		Features: []capability.Feature{
			capability.Namespaces, capability.Veth, capability.Bridge, capability.Multipath, capability.NFTables, capability.IPSet, capability.Conntrack,
		},
		Space: []capability.Space{{Folder: stateRoot, Bytes: 20e6}},
	}
}

// checkImages tells which images of a lab Docker does not have. A registry is not
// asked: what is missing is pulled or made before, by one who sees it happen.
func checkImages(ctx context.Context, daemon *docker.Daemon, options parts) error {
	c, err := daemon.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	for _, image := range neededImages(options) {
		if image == "" {
			return fmt.Errorf("find the lab's images: the list of images has none for a host of topology %s", options.Topology.Name)
		}
		_, err := c.ImageInspect(ctx, image)
		if errdefs.IsNotFound(err) {
			return fmt.Errorf("the Docker daemon at %s has no image %s: run `make images`, or where a registry can be reached `docker pull %s`", daemon.Host(), image, image)
		}
		if err != nil {
			return fmt.Errorf("look for image %s in Docker: %w", image, err)
		}
	}
	return nil
}

// neededImages are the images of a topology's hosts.
func neededImages(options parts) []string {
	images := []string{options.Images.Node, options.Images.Client}
	for _, host := range options.Topology.Hosts {
		if image := options.Images.Routers[host.Software]; isRouter(host) && !slices.Contains(images, image) {
			images = append(images, image)
		}
	}
	return images
}

// availableMemory is what programs can get without swapping, in bytes (proc(5)).
func availableMemory() (uint64, error) {
	system, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, fmt.Errorf("find out how much memory there is: %w", err)
	}
	info, err := system.Meminfo()
	if err != nil {
		return 0, fmt.Errorf("find out how much memory there is: %w", err)
	}
	if info.MemAvailableBytes == nil {
		return 0, errors.New("find out how much memory there is: /proc/meminfo has no MemAvailable")
	}
	return *info.MemAvailableBytes, nil
}

func gibibytes(bytes uint64) float64 { return float64(bytes) / (1 << 30) }
