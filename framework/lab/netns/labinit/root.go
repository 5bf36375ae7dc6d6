package labinit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/topology"
)

// Places in a lab's file system.
const (
	// stateFolder is the lab's state folder, as its own processes see it.
	stateFolder = "/run/rackproof"
	// programFolder has one mount per folder of components.
	programFolder  = "/opt/rackproof"
	confdFolder    = "confd"
	birdFolder     = programFolder + "/calico-bird"
	manifestFolder = "manifests"
	seedFolder     = "seed"
	prepareFolder  = "/var/lib/rackproof/prepared"
	controlFolder  = "/var/lib/rackproof/control"
	// ControlKubeconfig is an administrator's kubeconfig on the control host.
	ControlKubeconfig = "/var/lib/rackproof/admin.kubeconfig"
	netnsFolder       = "/run/netns"
)

// hostFiles are the files of the machine's /etc that its programs need. A lab has
// copies, so that nothing done in a lab changes them.
func hostFiles() []string {
	return []string{
		"alternatives", "bash.bashrc", "ethertypes", "group", "inputrc", "iproute2", "ld.so.cache", "ld.so.conf",
		"ld.so.conf.d", "localtime", "nsswitch.conf", "pam.conf", "pam.d", "passwd", "profile", "protocols", "security", "services", "terminfo",
	}
}

// makeRoot gives the process a root of its own: the machine's programs, read
// only, and everything that is written in memory. The lab's files go with its mount
// namespace.
func makeRoot(state string, spec Spec) error {
	// Nothing that is mounted from here on may be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	root := filepath.Join(state, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return fmt.Errorf("make the lab's root folder: %w", err)
	}
	if err := unix.Mount("rackproof", root, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount the lab's root: %w", err)
	}
	folders := append(ownFolders(), "dev", "etc", "opt", "proc", "root", "run", "run/netns", "run/rackproof",
		"sys", "tmp", "usr", "var/lib/rackproof/control", "var/tmp")
	for _, folder := range folders {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			return fmt.Errorf("make the lab's folder /%s: %w", folder, err)
		}
	}
	if err := os.Symlink("/run", filepath.Join(root, "var/run")); err != nil {
		return fmt.Errorf("make the lab's /var/run: %w", err)
	}
	for _, name := range hostFiles() {
		if err := copyTree(filepath.Join("/etc", name), filepath.Join(root, "etc", name)); err != nil {
			return fmt.Errorf("copy /etc/%s: %w", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "etc/hosts"), hostsFile(spec.Topology), 0o644); err != nil {
		return fmt.Errorf("write /etc/hosts: %w", err)
	}
	if err := mountPrograms(root, spec); err != nil {
		return err
	}
	binds := map[string]string{"/dev": "dev", state: "run/rackproof"}
	if spec.Prepare != "" {
		binds[spec.Prepare] = strings.TrimPrefix(prepareFolder, "/")
	}
	for source, target := range binds {
		if err := os.MkdirAll(filepath.Join(root, target), 0o755); err != nil {
			return fmt.Errorf("make the lab's folder /%s: %w", target, err)
		}
		if err := unix.Mount(source, filepath.Join(root, target), "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mount %s in the lab: %w", source, err)
		}
	}
	if err := changeRoot(root); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
		return fmt.Errorf("mount /sys: %w", err)
	}
	// Named network namespaces are mounts. Those made later, pods', have to show
	// up in the hosts' mount namespaces, so this folder is shared with them.
	if err := unix.Mount("netns", netnsFolder, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount %s: %w", netnsFolder, err)
	}
	if err := unix.Mount("", netnsFolder, "", unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share %s: %w", netnsFolder, err)
	}
	return selectIptables()
}

// hostsFile is the lab's /etc/hosts: a lab has no name server.
func hostsFile(t *topology.Topology) []byte {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n")
	if t == nil {
		return []byte(b.String()) // the host of a virtual machine
	}
	for _, host := range t.Hosts {
		fmt.Fprintf(&b, "%s %s\n", host.Address(), host.Name)
	}
	return []byte(b.String())
}

// mountPrograms shows the machine's programs and the components read only.
func mountPrograms(root string, spec Spec) error {
	for _, name := range []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"} {
		target, err := os.Readlink("/" + name)
		if err != nil {
			continue // not there, or a folder below
		}
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			return fmt.Errorf("make the lab's /%s: %w", name, err)
		}
	}
	for source, name := range programMounts(spec) {
		target := filepath.Join(root, name)
		if err := makeMountPoint(source, target); err != nil {
			return fmt.Errorf("make the lab's /%s for %s: %w", name, source, err)
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mount %s in the lab: %w", source, err)
		}
		if err := unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("mount %s in the lab read only: %w", source, err)
		}
	}
	// confd tells BIRD of a new configuration by runit's sv.
	return os.WriteFile(filepath.Join(root, "opt/rackproof/sv"), []byte(svScript), 0o755)
}

// programMounts has the place of each folder or file in the lab's root, by its own on the
// machine. Of BIRD's folder the lab sees the programs alone, as a node looks for its other
// programs there first too: somebody's BIRD may lie among others.
func programMounts(spec Spec) map[string]string {
	mounts := map[string]string{"/usr": "usr"}
	for i, folder := range spec.ProgramFolders {
		mounts[folder] = fmt.Sprintf("opt/rackproof/%d", i)
	}
	for _, program := range spec.BIRD {
		mounts[program] = filepath.Join(strings.TrimPrefix(birdFolder, "/"), filepath.Base(program))
	}
	mounts[spec.Confd] = "opt/rackproof/" + confdFolder
	mounts[spec.Manifests] = "opt/rackproof/" + manifestFolder
	if spec.Seed != "" {
		mounts[spec.Seed] = "opt/rackproof/" + seedFolder
	}
	return mounts
}

// makeMountPoint makes what source can be mounted on: a folder for a folder, and a file for a
// file.
func makeMountPoint(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, nil, 0o755)
}

// svScript stands for runit's sv, by which Calico's confd reloads BIRD
// (`sv hup bird`, confd/etc/calico/confd/conf.d). It passes the request on to the lab's
// process (framework/cluster/reload.go) and returns at once, as sv does. A node without
// the pipe has no BIRD of that name.
const svScript = `#!/bin/sh
[ "$1" = hup ] && [ -p "/var/run/calico/$2.reload" ] && echo hup >"/var/run/calico/$2.reload"
exit 0
`

// NodePath is the PATH of what runs on a node. It begins with Calico's BIRD where there is
// one; routers run the distribution's.
func NodePath(spec Spec) string {
	if len(spec.BIRD) == 0 {
		return SearchPath(spec)
	}
	return birdFolder + ":" + SearchPath(spec)
}

// SearchPath is the PATH of everything else that runs in a lab.
func SearchPath(spec Spec) string {
	folders := []string{programFolder}
	for i := range spec.ProgramFolders {
		folders = append(folders, fmt.Sprintf("%s/%d", programFolder, i))
	}
	return strings.Join(append(folders, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"), ":")
}

// changeRoot makes root the process's root and takes the machine's away.
func changeRoot(root string) error {
	if err := os.Chdir(root); err != nil {
		return fmt.Errorf("enter the lab's root: %w", err)
	}
	// pivot_root(2): with both arguments the same, the old root is stacked on the
	// new one and can be detached at once.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change to the lab's root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("take the machine's root away: %w", err)
	}
	return os.Chdir("/")
}

// iptablesVariant is the variant of iptables that labs use: the one on nftables, which
// distributions have as their own, but in User-Mode Linux the older one, because
// Debian's has nftables without the tables that the newer one needs.
func iptablesVariant() string {
	if vm.Inside() {
		return "legacy"
	}
	return "nft"
}

// selectIptables makes `iptables` one variant in the lab, whatever the machine's
// alternatives say: Felix is told which one to use, and kube-proxy has to write to the
// same tables.
func selectIptables() error {
	for _, name := range []string{"iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"} {
		link := filepath.Join("/etc/alternatives", name)
		variant := strings.Replace(name, "tables", "tables-"+iptablesVariant(), 1)
		if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("select a variant of iptables: %w", err)
		}
		if err := os.Symlink(filepath.Join("/usr/sbin", variant), link); err != nil {
			return fmt.Errorf("select a variant of iptables: %w", err)
		}
	}
	return nil
}

// copyTree copies a file, a symbolic link or a folder. A missing file is no error: not
// every machine has every file.
func copyTree(source, target string) error {
	info, err := os.Lstat(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		link, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(link, target)
	case info.IsDir():
		if err := os.Mkdir(target, 0o755); err != nil {
			return err
		}
		entries, err := os.ReadDir(source)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := copyTree(filepath.Join(source, entry.Name()), filepath.Join(target, entry.Name())); err != nil {
				return err
			}
		}
		return nil
	default:
		data, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode().Perm())
	}
}
