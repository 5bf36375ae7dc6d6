package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// stampLength is room for the control message of a time of arrival.
const stampLength = 64

// stampArrivals has the kernel say with each datagram when it arrived (SO_TIMESTAMPNS
// in socket(7)).
func stampArrivals(receiver net.Conn) error {
	raw, err := rawConn(receiver)
	if err != nil {
		return err
	}
	err = onSocket(raw, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	if err != nil {
		return fmt.Errorf("ask for times of arrival: %w", err)
	}
	return nil
}

// arrivalOf reads a datagram's time of arrival off its control messages. It is by the
// wall clock.
func arrivalOf(control []byte) (time.Time, error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}, fmt.Errorf("read a time of arrival: %w", err)
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			seconds, nanoseconds := binary.NativeEndian.Uint64(m.Data), binary.NativeEndian.Uint64(m.Data[8:])
			return time.Unix(int64(seconds), int64(nanoseconds)), nil
		}
	}
	return time.Time{}, errors.New("the kernel tells no time of arrival")
}
