package observe

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/rackproof/rackproof/framework/lab"
)

// frameLength is more than any frame of a lab has, which is cut as late as a kernel can
// (net.core.gro_max_size).
const frameLength = 1 << 18

// Dump writes whole frames that pass an interface of a host to out, in the format of
// tcpdump (pcap), until there are so many of them or ctx ends, and returns how many it
// wrote. Only those that carry an IP packet that passes a filter are written; with no
// filter all are, also those without IP. Unlike a Capture it does not join fragments: the
// filter sees them without ports. Open is called once nothing is missed any more.
func Dump(ctx context.Context, host lab.Host, interfaceName string, out io.Writer, most int, filter func(Packet) bool, open func()) (int, error) {
	name := host.Name() + ":" + interfaceName
	socket, link, err := openSocket(host, interfaceName, frameLength)
	if err != nil {
		return 0, fmt.Errorf("%s: capture frames: %w", name, err)
	}
	// A closed socket ends a read that is under way.
	closed := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer func() {
		if closed() {
			_ = socket.Close()
		}
	}()
	writer := pcapgo.NewWriterNanos(out)
	if err := writer.WriteFileHeader(frameLength, linkType(link)); err != nil {
		return 0, fmt.Errorf("%s: write frames: %w", name, err)
	}
	open()
	written := 0
	for failed := 0; written < most; {
		frame, info, err := socket.ReadPacketData()
		if ctx.Err() != nil {
			return written, nil
		}
		if err != nil {
			// The first read fails when the interface is taken down.
			if failed++; failed == readAttempts {
				return written, fmt.Errorf("%s: read frames: %w", name, err)
			}
			continue
		}
		failed = 0
		if info.InterfaceIndex != link.Index || !passes(frame, link.HardwareAddr, info.Timestamp, filter) {
			continue
		}
		if err := writer.WritePacket(gopacket.CaptureInfo{Timestamp: info.Timestamp, CaptureLength: len(frame), Length: max(info.Length, len(frame))}, frame); err != nil {
			return written, fmt.Errorf("%s: write frames: %w", name, err)
		}
		written++
	}
	return written, nil
}

// passes reports whether a frame carries a packet that passes a filter.
func passes(frame []byte, own net.HardwareAddr, at time.Time, filter func(Packet) bool) bool {
	if filter == nil {
		return true
	}
	packet, ok, err := decodePacket(frame, own)
	packet.Time = at
	return err == nil && ok && filter(packet)
}

// linkType is the type of an interface's frames in a file: a tunnel's begin with the IP
// header.
func linkType(link *net.Interface) layers.LinkType {
	if len(link.HardwareAddr) == ethernetAddress {
		return layers.LinkTypeEthernet
	}
	return layers.LinkTypeRaw
}
