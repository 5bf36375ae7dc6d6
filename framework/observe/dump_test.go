package observe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// sourcePorts reads the frames of a file back.
func sourcePorts(t *testing.T, file io.Reader, own []byte) string {
	t.Helper()
	reader, err := pcapgo.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if reader.LinkType() != layers.LinkTypeEthernet {
		t.Errorf("link type %s", reader.LinkType())
	}
	var packets []Packet
	for {
		frame, _, err := reader.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return ports(packets)
		}
		if err != nil {
			t.Fatal(err)
		}
		packet, ok, err := decodePacket(frame, own)
		if err != nil || !ok {
			t.Fatalf("a frame is not what was sent: %v", err)
		}
		packets = append(packets, packet)
	}
}

func TestDumpEndsWithTheCount(t *testing.T) {
	c := newCable(t)
	var file bytes.Buffer
	notOne := func(p Packet) bool { return p.Opens() && p.SourcePort != 1 }
	written, err := Dump(t.Context(), c, "near", &file, 2, notOne, func() { c.send(t, 1, 2, 3, 4) })
	if err != nil || written != 2 {
		t.Fatalf("got %d, %v", written, err)
	}
	if got := sourcePorts(t, &file, c.from); got != "sent 2, sent 3" {
		t.Errorf("got %s", got)
	}
}

func TestDumpEndsWithItsContext(t *testing.T) {
	c := newCable(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var file bytes.Buffer
	written, err := Dump(ctx, c, "far", &file, 10, func(p Packet) bool { return p.SourcePort == 7 }, func() { c.send(t, 7) })
	if err != nil || written != 1 {
		t.Fatalf("got %d, %v", written, err)
	}
	if got := sourcePorts(t, &file, c.to); got != "received 7" {
		t.Errorf("got %s", got)
	}
}

func TestDumpOfNoInterface(t *testing.T) {
	c := newCable(t)
	if _, err := Dump(t.Context(), c, "eth9", io.Discard, 1, nil, func() {}); err == nil {
		t.Error("an interface that is not there has frames")
	}
}
