package observe

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// nexthopMessage is the header of requests for nexthop objects and of their answers
// (struct nhmsg in the kernel's linux/nexthop.h).
type nexthopMessage struct{}

const (
	nexthopMessageLength = 8
	// nexthopID is the attribute with a nexthop object's number (NHA_ID).
	nexthopID = 1
)

// Len implements nl.NetlinkRequestData.
func (nexthopMessage) Len() int { return nexthopMessageLength }

// Serialize implements nl.NetlinkRequestData: of any family.
func (nexthopMessage) Serialize() []byte { return make([]byte, nexthopMessageLength) }

// readNexthopObjects finds nexthop objects. The kernel shows a route's next hops, and
// leaves out when an object is a group that follows rules of its own. The lab's FRR makes
// none, BIRD and Felix never do.
func readNexthopObjects(inside namespace.Set, host topology.Host) ([]Finding, error) {
	var found []Finding
	err := dump(inside, unix.RTM_GETNEXTHOP, unix.RTM_NEWNEXTHOP, nexthopMessage{}, func(message []byte) error {
		if len(message) < nexthopMessageLength {
			return errors.New("a message without its header")
		}
		attributes, err := nl.ParseRouteAttr(message[nexthopMessageLength:])
		if err != nil {
			return err
		}
		for _, a := range attributes {
			if a.Attr.Type == nexthopID && len(a.Value) >= 4 {
				id := binary.NativeEndian.Uint32(a.Value)
				found = append(found, Finding{
					Host: host.Name, Check: NexthopObjects,
					What:   fmt.Sprintf("the kernel has the nexthop object %d, and no program of the lab makes any", id),
					Remedy: fmt.Sprintf("ip nexthop del id %d", id),
				})
			}
		}
		return nil
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil, nil // Linux before 5.3 has none
	}
	if err != nil {
		return found, fmt.Errorf("list its nexthop objects: %w", err)
	}
	return found, nil
}
