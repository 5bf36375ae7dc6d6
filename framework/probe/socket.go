package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawConn gives access to a connection's socket.
func rawConn(conn net.Conn) (syscall.RawConn, error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("the lab's connections (%T) show no socket", conn)
	}
	return socket.SyscallConn()
}

// onSocket does something with a connection's socket.
func onSocket(raw syscall.RawConn, do func(fd int) error) error {
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}

func setOption(raw syscall.RawConn, option, value int) error {
	return onSocket(raw, func(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_IP, option, value) })
}

// pathMTU is what the kernel holds for the MTU of a connected socket's path.
func pathMTU(raw syscall.RawConn) (mtu int, err error) {
	err = onSocket(raw, func(fd int) (err error) {
		mtu, err = unix.GetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the path's MTU: %w", err)
	}
	return mtu, nil
}

// reporter takes an error out of a socket's queue (IP_RECVERR in ip(7)) and tells who
// sent it; it is invalid if the kernel itself did.
func reporter(raw syscall.RawConn) (netip.Addr, error) {
	control := make([]byte, 512)
	var length int
	err := onSocket(raw, func(fd int) (err error) {
		_, length, _, _, err = unix.Recvmsg(fd, nil, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		return err
	})
	if errors.Is(err, unix.EAGAIN) {
		return netip.Addr{}, nil
	}
	if err != nil {
		return netip.Addr{}, err
	}
	messages, err := unix.ParseSocketControlMessage(control[:length])
	if err != nil {
		return netip.Addr{}, err
	}
	for _, m := range messages {
		if m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR {
			return offender(m.Data), nil
		}
	}
	return netip.Addr{}, nil
}

// Of struct sock_extended_err, and of the struct sockaddr_in of the offender that
// follows it: see IP_RECVERR in ip(7).
const (
	errorOrigin    = 4
	errorLength    = 16
	addressFamily  = errorLength
	offenderAt     = errorLength + 4
	offenderLength = 4
)

func offender(data []byte) netip.Addr {
	if len(data) < offenderAt+offenderLength || data[errorOrigin] != unix.SO_EE_ORIGIN_ICMP ||
		binary.NativeEndian.Uint16(data[addressFamily:]) != unix.AF_INET {
		return netip.Addr{}
	}
	address, _ := netip.AddrFromSlice(data[offenderAt : offenderAt+offenderLength])
	return address
}
