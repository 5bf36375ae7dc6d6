package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

// TransferTimeout bounds a transfer: enough for several repetitions of a lost segment.
const TransferTimeout = 15 * time.Second

// mostTransferred bounds a transfer's octets.
const mostTransferred = 16 << 20

// Transfer is what a bulk transfer over one TCP connection came to.
type Transfer struct {
	// Octets is how many have arrived.
	Octets int
	Took   time.Duration
	// Client is the sender as the receiver saw it, after whatever translation lies
	// between.
	Client netip.AddrPort
	// PathMTU is what the sender's kernel held for the path's MTU at the end (IP_MTU),
	// and SegmentSize how many octets it put into a segment (tcpi_snd_mss), beside the
	// headers of IP and TCP and TCP's options.
	PathMTU, SegmentSize int
	// Retransmitted counts the segments that were sent again.
	Retransmitted int
}

// String is the transfer in one line.
func (t Transfer) String() string {
	return fmt.Sprintf("%d octets in %d ms, path MTU %d, segments of %d, %d sent again",
		t.Octets, t.Took.Milliseconds(), t.PathMTU, t.SegmentSize, t.Retransmitted)
}

// SendBulk sends a number of octets over one TCP connection from a place to an address
// of another place, where it listens for it itself, on a port of the kernel's choice.
// It fails if not all of them arrive within TransferTimeout.
func SendBulk(ctx context.Context, from, to lab.Host, address netip.Addr, octets int) (Transfer, error) {
	ctx, cancel := context.WithTimeout(ctx, TransferTimeout)
	defer cancel()
	transfer, err := sendBulk(ctx, from, to, address, octets)
	if err != nil {
		return transfer, fmt.Errorf("from %s to %s at %s: send %d octets, of which %d arrived (path MTU %d, segments of %d): %w",
			from.Name(), to.Name(), address, octets, transfer.Octets, transfer.PathMTU, transfer.SegmentSize, err)
	}
	return transfer, nil
}

func sendBulk(ctx context.Context, from, to lab.Host, address netip.Addr, octets int) (Transfer, error) {
	var t Transfer
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if octets < 1 || octets > mostTransferred {
		return t, fmt.Errorf("ask for 1 to %d", mostTransferred)
	}
	place, err := lab.ListenerOf(to)
	if err != nil {
		return t, err
	}
	listener, err := place.Listen(ctx, "tcp", netip.AddrPortFrom(address, 0).String())
	if err != nil {
		return t, fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = listener.Close() }()
	received := make(chan receipt, 1)
	written, endWriting := context.WithCancel(context.WithoutCancel(ctx))
	defer endWriting()
	go func() { received <- receive(ctx, listener, written.Done()) }()

	began := time.Now()
	conn, err := dial(ctx, from, "tcp", listener.Addr().String())
	if err != nil {
		return t, err
	}
	defer conn.Close()
	defer endWith(ctx, conn)()
	raw, err := rawConn(conn)
	if err != nil {
		return t, err
	}
	if err = writeAll(conn, octets); err != nil {
		// The segments may show why.
		err = errors.Join(err, t.read(raw))
		cancel()
	}
	endWriting()
	r := <-received
	t.Took, t.Octets, t.Client = time.Since(began), r.octets, r.client
	if err != nil {
		return t, err
	}
	err = errors.Join(r.err, t.read(raw))
	if err == nil && t.Octets != octets {
		err = errors.New("the connection ended too early")
	}
	return t, err
}

// writeAll sends the octets and then says that no more follow.
func writeAll(conn net.Conn, octets int) error {
	if _, err := conn.Write(make([]byte, octets)); err != nil {
		return err
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return fmt.Errorf("the lab's connections (%T) cannot be closed for writing", conn)
	}
	return half.CloseWrite()
}

// receipt is what a receiver has got.
type receipt struct {
	octets int
	client netip.AddrPort
	err    error
}

// receive takes one connection and reads it to its end. It closes the connection after
// the sender has written: closing it with octets unread resets it, and the sender would
// report the reset instead of its own deadline.
func receive(ctx context.Context, listener net.Listener, written <-chan struct{}) receipt {
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	conn, err := listener.Accept()
	if err != nil {
		return receipt{err: fmt.Errorf("accept the connection: %w", err)}
	}
	defer conn.Close()
	defer endWith(ctx, conn)()
	n, err := io.Copy(io.Discard, conn)
	<-written
	r := receipt{octets: int(n), err: err}
	if client, parseErr := netip.ParseAddrPort(conn.RemoteAddr().String()); parseErr == nil {
		r.client = unmap(client)
	}
	return r
}

// endWith makes whatever is under way on a connection return when the context ends. The
// caller calls what it returns to leave that off.
func endWith(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// read reads what the sender's kernel knows of the connection.
func (t *Transfer) read(raw syscall.RawConn) error {
	mtu, err := pathMTU(raw)
	if err != nil {
		return err
	}
	var info *unix.TCPInfo
	err = onSocket(raw, func(fd int) (err error) {
		info, err = unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		return err
	})
	if err != nil {
		return fmt.Errorf("read what TCP knows of the connection: %w", err)
	}
	t.PathMTU, t.SegmentSize, t.Retransmitted = mtu, int(info.Snd_mss), int(info.Total_retrans)
	return nil
}
