package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

// Sized is what became of a packet of a certain size that nobody on its way was
// allowed to cut (DF).
type Sized struct {
	// Size is the IP packet's length in octets, its header included.
	Size int
	// Arrived says that it arrived whole.
	Arrived bool
	// TooLong says that the sender was told that it is too long for its path. By is who
	// told it by ICMP (fragmentation needed, RFC 792); invalid if the sender's own kernel
	// did, for its own interface or for what it had learned before.
	TooLong bool
	By      netip.Addr
	// PathMTU is what the sender's kernel holds for the path's MTU afterwards (IP_MTU).
	PathMTU int
}

// String is what became of it in one line.
func (s Sized) String() string {
	became := "was lost in silence"
	switch {
	case s.Arrived:
		became = "arrived"
	case s.TooLong && s.By.IsValid():
		became = fmt.Sprintf("was too long, said %s", s.By)
	case s.TooLong:
		became = "was too long, said the sender's own kernel"
	}
	return fmt.Sprintf("a packet of %d octets %s; path MTU %d", s.Size, became, s.PathMTU)
}

// datagramHeaders is what a UDP datagram's headers take of an IP packet: 20 octets and
// 8 (RFC 791, RFC 768).
const datagramHeaders = 28

// SendSized sends one UDP datagram as an IP packet of exactly this size, with DF, from
// a place to an address of another place, where it listens for it itself, on a port of
// the kernel's choice. It waits until the packet has arrived, the sender has been told
// that it is too long, or Silence has passed.
//
// A kernel remembers for minutes what it was told of a path. A place that is to learn it
// again has to be a new one, or to ForgetPaths.
func SendSized(ctx context.Context, from, to lab.Host, address netip.Addr, size int) (Sized, error) {
	sized, err := sendSized(ctx, from, to, address, size)
	if err != nil {
		return sized, fmt.Errorf("from %s to %s at %s: send a packet of %d octets: %w", from.Name(), to.Name(), address, size, err)
	}
	return sized, nil
}

func sendSized(ctx context.Context, from, to lab.Host, address netip.Addr, size int) (Sized, error) {
	result := Sized{Size: size}
	if size < datagramHeaders {
		return result, fmt.Errorf("its headers take %d: ask for more", datagramHeaders)
	}
	attempt, cancel := context.WithTimeout(ctx, Silence)
	defer cancel()
	receiver, err := listenUDP(to, address)
	if err != nil {
		return result, fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = receiver.Close() }()
	sender, raw, err := dialUDP(attempt, from, receiver.LocalAddr().String())
	if err != nil {
		return result, err
	}
	defer sender.Close()
	defer endWith(attempt, receiver)()
	defer endWith(attempt, sender)()

	_, err = sender.Write(make([]byte, size-datagramHeaders))
	if err == nil {
		result.Arrived, err = awaitDatagram(sender, receiver, size-datagramHeaders)
	}
	if ctx.Err() != nil {
		return result, context.Cause(ctx) // what looks like silence may be none
	}
	if errors.Is(err, unix.EMSGSIZE) {
		result.TooLong, err = true, nil
	}
	if err != nil {
		return result, err
	}
	if result.TooLong {
		if result.By, err = reporter(raw); err != nil {
			return result, fmt.Errorf("read who says that it is too long: %w", err)
		}
	}
	result.PathMTU, err = pathMTU(raw)
	return result, err
}

// ForgetPaths makes a place's kernel forget what it was told of paths and their MTUs.
func ForgetPaths(at lab.Host) error {
	set, err := lab.Enter(at)
	if err != nil {
		return err
	}
	defer set.Close()
	return set.Do(func() error {
		file, err := os.OpenFile("/proc/sys/net/ipv4/route/flush", os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("%s: forget the paths' MTUs: %w", at.Name(), err)
		}
		_, err = file.WriteString("1\n")
		return errors.Join(err, file.Close())
	})
}

// awaitDatagram waits for a datagram at its receiver, or for an error at its sender,
// whatever comes first. Silence is no error.
func awaitDatagram(sender, receiver net.Conn, octets int) (arrived bool, err error) {
	type outcome struct {
		arrived bool
		err     error
	}
	outcomes := make(chan outcome, 2)
	go func() {
		n, err := receiver.Read(make([]byte, octets+1))
		if err == nil && n != octets {
			err = fmt.Errorf("%d octets of %d arrived", n, octets)
		}
		outcomes <- outcome{err == nil, err}
	}()
	go func() {
		// Nobody answers: what comes here is an error.
		_, err := sender.Read(make([]byte, 1))
		outcomes <- outcome{false, err}
	}()
	for range cap(outcomes) {
		if o := <-outcomes; !errors.Is(o.err, os.ErrDeadlineExceeded) {
			return o.arrived, o.err
		}
	}
	return false, nil
}

// listenUDP opens a socket at an address of a host, on any port.
func listenUDP(host lab.Host, address netip.Addr) (*net.UDPConn, error) {
	set, err := lab.Enter(host)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	var conn *net.UDPConn
	err = set.Do(func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
		return err
	})
	return conn, err
}

// dialUDP opens a connected socket of a host that never lets a packet be cut, and that
// keeps what ICMP says.
func dialUDP(ctx context.Context, host lab.Host, address string) (net.Conn, syscall.RawConn, error) {
	conn, err := dial(ctx, host, "udp", address)
	if err != nil {
		return nil, nil, err
	}
	raw, err := rawConn(conn)
	if err == nil {
		err = setOption(raw, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO)
	}
	if err == nil {
		err = setOption(raw, unix.IP_RECVERR, 1)
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("forbid to cut packets: %w", err)
	}
	return conn, raw, nil
}
