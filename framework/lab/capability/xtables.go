package capability

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of linux/netfilter_ipv4/ip_tables.h: the option that asks for a table, and the
// length of what it takes and gives (struct ipt_getinfo).
const (
	optionGetInfo = 64
	infoLength    = 84
)

// tryXTables asks for each of iptables' tables, as iptables-legacy does before it
// changes one.
func tryXTables() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	for _, table := range []string{"raw", "mangle", "nat", "filter"} {
		var info [infoLength]byte
		copy(info[:], table)
		length := uint32(len(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(socket), unix.SOL_IP, optionGetInfo,
			uintptr(unsafe.Pointer(&info[0])), uintptr(unsafe.Pointer(&length)), 0)
		if errno != 0 {
			return fmt.Errorf("table %s: %w", table, errno)
		}
	}
	return nil
}
