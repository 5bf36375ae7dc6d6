package vm

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
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
		// iptables, and what kube-proxy's and Felix's rules are made of; this kernel has
		// nftables without the tables that iptables-nft needs
		"kernel/net/ipv4/netfilter/iptable_", "kernel/net/ipv4/netfilter/ipt_REJECT.",
		"kernel/net/netfilter/xt_addrtype.", "kernel/net/netfilter/xt_comment.", "kernel/net/netfilter/xt_conntrack.",
		"kernel/net/netfilter/xt_CT.", "kernel/net/netfilter/xt_limit.", "kernel/net/netfilter/xt_mark.", "kernel/net/netfilter/xt_MASQUERADE.",
		"kernel/net/netfilter/xt_multiport.", "kernel/net/netfilter/xt_nat.", "kernel/net/netfilter/xt_NFLOG.",
		"kernel/net/ipv4/netfilter/ipt_rpfilter.", "kernel/net/netfilter/xt_set.", "kernel/net/netfilter/xt_statistic.", "kernel/net/netfilter/xt_tcpudp.",
		"kernel/net/netfilter/xt_u32.", "kernel/net/netfilter/xt_recent.", "kernel/net/netfilter/xt_state.",
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
	// The one that Rackproof builds has everything built in.
	if _, err := os.Stat("/proc/modules"); errors.Is(err, fs.ErrNotExist) {
		return nil
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
