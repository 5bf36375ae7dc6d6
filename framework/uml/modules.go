package uml

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// wantedModules are the modules that labs use, by the paths that they begin with in
// modules.dep. There is no modprobe inside, which would be a process for each.
func wantedModules() []string {
	return []string{
		"kernel/drivers/net/tun.", "kernel/drivers/net/veth.", "kernel/drivers/net/vxlan/vxlan.",
		"kernel/net/bridge/bridge.", "kernel/net/ipv4/ipip.", "kernel/net/packet/af_packet.",
		// libraries of netlink open its socket for IPsec beside that for routes
		"kernel/net/xfrm/xfrm_user.",
		"kernel/net/netfilter/ipset/ip_set",
		"kernel/net/netfilter/nf_conntrack.", "kernel/net/netfilter/nf_conntrack_netlink.", "kernel/net/netfilter/nf_nat.",
		"kernel/net/netfilter/nf_tables.", "kernel/net/netfilter/nft_compat.", "kernel/net/netfilter/nft_chain_nat.",
		"kernel/net/netfilter/nft_ct.", "kernel/net/netfilter/nft_nat.", "kernel/net/netfilter/nft_masq.",
		"kernel/net/netfilter/nft_counter.", "kernel/net/netfilter/nft_limit.", "kernel/net/netfilter/nft_log.",
		"kernel/net/netfilter/nft_reject.", "kernel/net/ipv4/netfilter/nft_reject_ipv4.", "kernel/net/netfilter/nft_fib.",
		"kernel/net/ipv4/netfilter/nft_fib_ipv4.", "kernel/net/netfilter/nft_redir.", "kernel/net/netfilter/nft_hash.", "kernel/net/netfilter/nft_numgen.",
		"kernel/net/netfilter/x_tables.", "kernel/net/netfilter/xt_",
		"kernel/net/ipv4/netfilter/ipt_REJECT.", "kernel/net/ipv4/netfilter/ipt_rpfilter.",
	}
}

// loadModules loads the wanted modules of the running kernel and what they depend on.
// One that this kernel has built in or does not have is no error: whether it has what
// a lab needs is asked of it elsewhere.
func loadModules() error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("ask for the kernel's version: %w", err)
	}
	folder := filepath.Join(modulesRoot, unix.ByteSliceToString(name.Release[:]))
	file, err := os.Open(filepath.Join(folder, "modules.dep"))
	if err != nil {
		return fmt.Errorf("read the list of kernel modules: %w: install the package %s again", err, Package)
	}
	defer file.Close()
	dependencies := map[string][]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if module, list, found := strings.Cut(lines.Text(), ":"); found {
			dependencies[module] = strings.Fields(list)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the list of kernel modules: %w", err)
	}
	loaded := map[string]bool{}
	var errs []error
	for module := range dependencies {
		wanted := func(prefix string) bool { return strings.HasPrefix(module, prefix) }
		if slices.ContainsFunc(wantedModules(), wanted) {
			errs = append(errs, loadModule(folder, module, dependencies, loaded))
		}
	}
	return errors.Join(errs...)
}

// loadModule loads a module after those that it depends on.
func loadModule(folder, module string, dependencies map[string][]string, loaded map[string]bool) error {
	if loaded[module] {
		return nil
	}
	loaded[module] = true
	for _, dependency := range dependencies[module] {
		if err := loadModule(folder, dependency, dependencies, loaded); err != nil {
			return err
		}
	}
	file, err := os.Open(filepath.Join(folder, module))
	if err != nil {
		return fmt.Errorf("load a kernel module: %w", err)
	}
	defer file.Close()
	err = unix.FinitModule(int(file.Fd()), "", 0)
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load the kernel module %s: %w", module, err)
	}
	return nil
}
