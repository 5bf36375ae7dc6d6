package probe

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
)

// pingData is what an echo request carries beside its header, as much as ping(8) sends.
const pingData = 56

// Ping sends one ICMP echo request (RFC 792) and tells what became of it within a time of
// the caller's choice. Of the answer it has the near end's address. The errors are those
// of Attempt.
func Ping(ctx context.Context, from lab.Host, to netip.Addr, within time.Duration) (Tried, error) {
	return try(ctx, from, netip.AddrPortFrom(to, 0), within, func(ctx context.Context) (Answer, error) { return ping(ctx, from, to) })
}

func ping(ctx context.Context, from lab.Host, to netip.Addr) (Answer, error) {
	conn, err := dial(ctx, from, "ip4:icmp", to.String())
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	defer endWith(ctx, conn)()
	raw, err := rawConn(conn)
	if err != nil {
		return Answer{}, err
	}
	// Without it a raw socket is not told that a router has no way (raw(7)).
	if err := setOption(raw, unix.IP_RECVERR, 1); err != nil {
		return Answer{}, fmt.Errorf("ask for errors: %w", err)
	}
	address, ok := netip.AddrFromSlice(conn.LocalAddr().(*net.IPAddr).IP)
	if !ok {
		return Answer{}, fmt.Errorf("read the connection's own address: %s is none", conn.LocalAddr())
	}
	answer := Answer{Local: netip.AddrPortFrom(address.Unmap(), 0)}
	id := uint16(rand.Uint32())
	request, err := echoRequest(id)
	if err != nil {
		return Answer{}, err
	}
	if _, err := conn.Write(request); err != nil {
		return answer, err
	}
	buffer := make([]byte, 1500)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return answer, err
		}
		// The socket has every ICMP packet from there.
		if isEchoReply(buffer[:n], id) {
			return answer, nil
		}
	}
}

// echoRequest is an ICMP echo request.
func echoRequest(id uint16) ([]byte, error) {
	buffer := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{ComputeChecksums: true},
		&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0), Id: id, Seq: 1},
		gopacket.Payload(make([]byte, pingData)))
	if err != nil {
		return nil, fmt.Errorf("make an echo request: %w", err)
	}
	return buffer.Bytes(), nil
}

// isEchoReply reports whether an IP packet is the reply to the request with an id.
func isEchoReply(packet []byte, id uint16) bool {
	var ip layers.IPv4
	var icmp layers.ICMPv4
	if err := errors.Join(ip.DecodeFromBytes(packet, gopacket.NilDecodeFeedback), icmp.DecodeFromBytes(ip.Payload, gopacket.NilDecodeFeedback)); err != nil {
		return false
	}
	return icmp.TypeCode.Type() == layers.ICMPv4TypeEchoReply && icmp.Id == id
}
