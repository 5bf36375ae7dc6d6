package observe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/rackproof/rackproof/framework/lab"
)

const (
	// captureLength is how much of a frame is read: the headers of a packet in a
	// tunnel only, so that the socket's buffer has room for many.
	captureLength = 256
	// capturedPackets and captureTime bound a capture.
	capturedPackets = 100_000
	captureTime     = 2 * time.Minute
	// readAttempts is how many reads may fail in a row. The first fails when the
	// interface is taken down, and the next ones go on as before once it is up.
	readAttempts = 3
)

// Capture records the IP packets that pass an interface of a host, in both
// directions.
type Capture struct {
	// name is that of host and interface.
	name   string
	handle *pcapgo.EthernetHandle
	own    net.HardwareAddr
	index  int
	filter func(Packet) bool
	cancel context.CancelFunc

	mu sync.Mutex
	// progress tells that what follows has changed.
	progress  *sync.Cond
	packets   []Packet
	fragments *fragments
	// read counts the frames that were read, ended says that no more will be.
	read  uint64
	ended bool
	// lost is why packets are missing.
	lost error
}

// NewCapture begins to record those packets on an interface that pass a filter
// (nil: all). The filter sees a packet that is in a tunnel with its own addresses, and a
// fragment as a part of its packet. When NewCapture returns, nothing is missed any more.
// Stop ends it; it ends by itself with ctx, or after two minutes.
func NewCapture(ctx context.Context, host lab.Host, interfaceName string, filter func(Packet) bool) (*Capture, error) {
	c := &Capture{name: host.Name() + ":" + interfaceName, filter: filter, fragments: newFragments()}
	c.progress = sync.NewCond(&c.mu)
	if err := c.open(host, interfaceName); err != nil {
		return nil, fmt.Errorf("%s: capture packets: %w", c.name, err)
	}
	ctx, c.cancel = context.WithTimeout(ctx, captureTime)
	context.AfterFunc(ctx, c.end)
	go c.record()
	return c, nil
}

// open opens the capture's socket.
func (c *Capture) open(host lab.Host, interfaceName string) error {
	handle, link, err := openSocket(host, interfaceName, captureLength)
	if err != nil {
		return err
	}
	c.handle, c.index, c.own = handle, link.Index, link.HardwareAddr
	return nil
}

// openSocket opens a socket that reads so many octets of each frame of an interface, in
// the host's network namespace, where it stays.
func openSocket(host lab.Host, interfaceName string, length int) (socket *pcapgo.EthernetHandle, link *net.Interface, err error) {
	set, err := lab.Enter(host)
	if err != nil {
		return nil, nil, err
	}
	defer set.Close()
	err = set.Do(func() (err error) {
		if link, err = net.InterfaceByName(interfaceName); err != nil {
			return err
		}
		if link.Flags&net.FlagLoopback != 0 {
			// Its frames have Ethernet's header, with addresses of zeros.
			link.HardwareAddr = make(net.HardwareAddr, ethernetAddress)
		}
		if socket, err = pcapgo.NewEthernetHandle(interfaceName); err != nil {
			return err
		}
		if err := socket.SetCaptureLength(length); err != nil {
			return errors.Join(err, socket.Close())
		}
		return nil
	})
	return socket, link, err
}

// record reads until the socket is closed.
func (c *Capture) record() {
	failed := 0
	for !c.isEnded() {
		frame, info, err := c.handle.ReadPacketData()
		if err == nil {
			failed = 0
			c.have(frame, info)
			continue
		}
		if failed++; failed == readAttempts {
			c.mu.Lock()
			c.lose(fmt.Errorf("reading failed: %w", err))
			c.finish()
			c.mu.Unlock()
		}
	}
}

func (c *Capture) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// have takes in a frame that was read.
func (c *Capture) have(frame []byte, info gopacket.CaptureInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read++
	// Until the socket was bound to its interface it had the frames of all.
	if info.InterfaceIndex == c.index {
		c.take(frame, info.Timestamp)
	}
	c.progress.Broadcast()
}

// take decodes a frame and keeps what passes the filter, once it is complete. c.mu is
// held.
func (c *Capture) take(frame []byte, at time.Time) {
	packet, ok, err := decodePacket(frame, c.own)
	if err != nil {
		c.lose(fmt.Errorf("a frame cannot be read: %w", err))
		return
	}
	if !ok {
		return
	}
	packet.Time = at
	for _, complete := range c.fragments.take(packet) {
		if c.filter == nil || c.filter(complete) {
			c.keep(complete)
		}
	}
}

// keep keeps a packet. c.mu is held.
func (c *Capture) keep(packet Packet) {
	if len(c.packets) == capturedPackets {
		c.lose(fmt.Errorf("there were more than %d packets: let the filter pass fewer", capturedPackets))
		return
	}
	c.packets = append(c.packets, packet)
}

// keepOrphans keeps the fragments whose first has not come. A filter that chooses by
// what only the first tells would pass over them and never know. c.mu is held.
func (c *Capture) keepOrphans() {
	for _, orphan := range c.fragments.orphans() {
		if c.filter == nil || c.filter(orphan) {
			c.keep(orphan)
		} else {
			c.lose(fmt.Errorf("a fragment came without the first of its packet, so the filter cannot decide on it: %s: let the filter pass what is Hidden", orphan))
		}
	}
	c.fragments = newFragments()
}

// lose notes why a packet is missing. c.mu is held.
func (c *Capture) lose(reason error) {
	if c.lost == nil {
		c.lost = reason
	}
}

// finish notes that no more is read. c.mu is held.
func (c *Capture) finish() {
	c.ended = true
	c.progress.Broadcast()
}

// end closes the socket when the capture's time is over. Once Stop has ended it,
// there is nothing left to do.
func (c *Capture) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.lose(fmt.Errorf("the capture ended before it was stopped: it lasts as long as its spec and %s at most", captureTime))
	c.close()
}

// close closes the socket. c.mu is held.
func (c *Capture) close() {
	c.finish()
	_ = c.handle.Close()
}

// Seen are the packets so far.
func (c *Capture) Seen() []Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.packets)
}

// Stop ends the capture and returns its packets, in the order in which they passed:
// all those that had passed the interface when it was called. A fragment that passed
// before the first of its packet comes behind it; one whose first never passed comes
// last, and is Hidden. With an error some are missing, and the error says why.
func (c *Capture) Stop() ([]Packet, error) {
	defer c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.drain()
		c.close()
	}
	c.keepOrphans()
	if c.lost != nil {
		return c.packets, fmt.Errorf("%s: packets are missing: %w", c.name, c.lost)
	}
	return c.packets, nil
}

// drain waits until everything is read that the kernel has put into the socket's
// buffer by now. c.mu is held.
func (c *Capture) drain() {
	// These are of all the time since the socket was opened.
	statistics, err := c.handle.Stats()
	if err != nil {
		c.lose(fmt.Errorf("ask the kernel for lost packets: %w", err))
		return
	}
	// The first number counts the lost ones too (packet(7)).
	lost, all := uint64(statistics.Drops), uint64(statistics.Packets)
	for c.read < all-lost && !c.ended {
		c.progress.Wait()
	}
	if lost > 0 {
		c.lose(fmt.Errorf("the kernel had no room for %d of %d packets: let less happen during the capture", lost, all))
	}
}
