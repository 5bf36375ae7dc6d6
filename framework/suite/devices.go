package suite

import (
	"context"

	"github.com/rackproof/rackproof/framework/observe"
)

// Device reads a network interface of a host by its name. One that does not exist is
// no error: it says so.
func (l *Lab) Device(_ context.Context, host, name string) (observe.Device, error) {
	at, err := l.Host(host)
	if err != nil {
		return observe.Device{}, err
	}
	return observe.ReadDevice(at, name)
}
