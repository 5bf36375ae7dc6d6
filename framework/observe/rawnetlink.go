package observe

import (
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

// dump asks the kernel of a network namespace for all objects of a kind and gives each
// message to take. It is for the parts of messages that the netlink library leaves out.
func dump(inside namespace.Set, ask, answer int, body nl.NetlinkRequestData, take func(message []byte) error) error {
	socket, err := nl.GetNetlinkSocketAt(netns.NsHandle(inside.Net.Fd()), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer socket.Close()
	request := nl.NewNetlinkRequest(ask, unix.NLM_F_DUMP)
	request.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}
	request.AddData(body)
	var failed error
	err = request.ExecuteIter(unix.NETLINK_ROUTE, uint16(answer), func(message []byte) bool {
		failed = take(message)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}
