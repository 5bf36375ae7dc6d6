package observe

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/namespace"
)

// cable is two interfaces in a network namespace of their own: what is sent at one
// end is received at the other.
type cable struct {
	lab.Host
	file *os.File
	// socket sends frames at the near end, whose index is beside it.
	socket, index int
	from, to      net.HardwareAddr
}

func (*cable) Name() string { return "cable" }

func (c *cable) NetworkNamespace() (netns.NsHandle, error) {
	fd, err := unix.FcntlInt(c.file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	return netns.NsHandle(fd), err
}

func newCable(t *testing.T) *cable {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes a network namespace, which needs root")
	}
	c := &cable{}
	err := namespace.Set{}.Do(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("unshare: %w", err)
		}
		if c.file, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid())); err != nil {
			return err
		}
		pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "near"}, PeerName: "far"}
		if err := netlink.LinkAdd(pair); err != nil {
			return err
		}
		for _, end := range []struct {
			name    string
			address *net.HardwareAddr
		}{{"near", &c.from}, {"far", &c.to}} {
			link, err := netlink.LinkByName(end.name)
			if err != nil {
				return err
			}
			*end.address = link.Attrs().HardwareAddr
			if err := netlink.LinkSetUp(link); err != nil {
				return err
			}
		}
		c.index = pair.Attrs().Index
		c.socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		t.Skip("this machine gives no namespaces with interfaces: ", err)
	}
	t.Cleanup(func() {
		_ = unix.Close(c.socket)
		_ = c.file.Close()
	})
	return c
}

// set takes the near end down or up.
func (c *cable) set(t *testing.T, change func(netlink.Link) error) {
	t.Helper()
	err := namespace.Set{Net: c.file}.Do(func() error {
		link, err := netlink.LinkByName("near")
		if err != nil {
			return err
		}
		return change(link)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// syn sends a SYN from a port.
func (c *cable) syn(t *testing.T, port layers.TCPPort) error {
	t.Helper()
	data := frame(t, ethernet(c.from, c.to, layers.EthernetTypeIPv4), ip("192.0.2.1", "198.51.100.1", layers.IPProtocolTCP), syn(port))
	return unix.Sendto(c.socket, data, 0, &unix.SockaddrLinklayer{Ifindex: c.index})
}

// send sends a SYN from each of some ports.
func (c *cable) send(t *testing.T, ports ...layers.TCPPort) {
	t.Helper()
	for _, port := range ports {
		if err := c.syn(t, port); err != nil {
			t.Fatal(err)
		}
	}
}

func ports(packets []Packet) string {
	var list []string
	for _, p := range packets {
		list = append(list, fmt.Sprintf("%s %d", p.Direction, p.SourcePort))
	}
	return strings.Join(list, ", ")
}

func TestCapture(t *testing.T) {
	c := newCable(t)
	notOne := func(p Packet) bool { return p.Opens() && p.SourcePort != 1 }
	captures := map[string]*Capture{}
	for _, end := range []string{"near", "far"} {
		capture, err := NewCapture(t.Context(), c, end, notOne)
		if err != nil {
			t.Fatal(err)
		}
		captures[end] = capture
	}
	began := time.Now()
	c.send(t, 1, 2, 3)
	for end, want := range map[string]string{"near": "sent 2, sent 3", "far": "received 2, received 3"} {
		// Nothing waits here: Stop itself has to wait for what has passed.
		packets, err := captures[end].Stop()
		if err != nil || ports(packets) != want {
			t.Errorf("%s: got %s, %v; want %s", end, ports(packets), err, want)
		}
		for _, p := range packets {
			if age := p.Time.Sub(began); age < 0 || age > time.Minute {
				t.Errorf("%s: %s was %s after the beginning", end, p, age)
			}
		}
	}
	c.send(t, 4)
	if packets, err := captures["far"].Stop(); err != nil || len(packets) != 2 {
		t.Errorf("after its end: %s, %v", ports(packets), err)
	}
}

func TestCaptureGoesOnAfterACut(t *testing.T) {
	c := newCable(t)
	capture, err := NewCapture(t.Context(), c, "near", Packet.Opens)
	if err != nil {
		t.Fatal(err)
	}
	c.send(t, 1)
	c.set(t, netlink.LinkSetDown)
	c.set(t, netlink.LinkSetUp)
	// The carrier comes with a delay, and what is sent before it is lost.
	until(t, "the cable carries frames again", func() bool { return c.syn(t, 2) == nil && len(capture.Seen()) > 1 })
	packets, err := capture.Stop()
	if text := ports(packets); err != nil || !strings.HasPrefix(text, "sent 1, sent 2") {
		t.Errorf("got %s, %v; want 1 and 2", text, err)
	}
}

func TestCaptureSaysWhatItLacks(t *testing.T) {
	c := newCable(t)
	if _, err := NewCapture(t.Context(), c, "no-such", nil); err == nil || !strings.Contains(err.Error(), "cable:no-such") {
		t.Errorf("an interface that does not exist gives error %v", err)
	}

	t.Run("the buffer overflowed", func(t *testing.T) {
		block := make(chan struct{})
		capture, err := NewCapture(t.Context(), c, "far", func(Packet) bool { <-block; return true })
		if err != nil {
			t.Fatal(err)
		}
		const sent = 5000
		for range sent {
			c.send(t, 7)
		}
		close(block)
		packets, err := capture.Stop()
		if err == nil || !strings.Contains(err.Error(), "the kernel had no room for") || len(packets) == 0 || len(packets) == sent {
			t.Errorf("got %d of %d packets and error %v", len(packets), sent, err)
		}
	})

	t.Run("its time was over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		capture, err := NewCapture(ctx, c, "far", nil)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		until(t, "it has ended", capture.isEnded)
		if _, err := capture.Stop(); err == nil || !strings.Contains(err.Error(), "the capture ended before it was stopped") {
			t.Errorf("got error %v", err)
		}
	})
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestCaptureCompletesFragments: a filter by what only the first fragment tells passes
// the others too, and what it cannot know of is no silence.
func TestCaptureCompletesFragments(t *testing.T) {
	c := newCable(t)
	toPod := func(p Packet) bool { return p.DestinationPort == 53 }
	parts := fragmentsOf(t, frame(t, inVXLAN(inUDP(1000)...)...), 600)
	send := func(parts ...[]byte) {
		for _, part := range parts {
			data := frame(t, ethernet(c.from, c.to, layers.EthernetTypeIPv4), gopacket.Payload(part))
			if err := unix.Sendto(c.socket, data, 0, &unix.SockaddrLinklayer{Ifindex: c.index}); err != nil {
				t.Fatal(err)
			}
		}
	}
	stop := func(filter func(Packet) bool, parts ...[]byte) ([]Packet, error) {
		capture, err := NewCapture(t.Context(), c, "far", filter)
		if err != nil {
			t.Fatal(err)
		}
		send(parts...)
		return capture.Stop()
	}
	for name, order := range map[string][][]byte{"in order": parts, "the other way round": {parts[1], parts[0]}} {
		packets, err := stop(toPod, order...)
		if err != nil || len(packets) != 2 || packets[0].Encapsulation() != VXLAN || packets[1].Encapsulation() != VXLAN {
			t.Errorf("%s: got %v, %v", name, packets, err)
		}
	}
	if packets, err := stop(toPod, parts[1]); err == nil || !strings.Contains(err.Error(), "without the first of its packet") {
		t.Errorf("without its first: got %v, %v", packets, err)
	}
	packets, err := stop(func(p Packet) bool { return toPod(p) || p.Hidden() }, parts[1])
	if err != nil || len(packets) != 1 || packets[0].Encapsulation() != Unclear {
		t.Errorf("without its first, by a filter that passes what is hidden: got %v, %v", packets, err)
	}
}
