package suite

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/uml"
)

// environment says where the suite has run: the kernel, and of each lab that it has
// used the mode, the topology and who programs the routes between nodes. It is part of
// the results.
func (s *Suite) environment() []string {
	list := []string{"kernel: " + kernel()}
	for _, l := range s.labs {
		if l.calicoVersion != "" {
			list = append(list, fmt.Sprintf("lab: provider %s, mode %s on topology %s, routes between nodes by %s, Calico %s",
				l.provider, l.mode.Name, l.topology.Name, l.mode.RouteOwner, l.calicoVersion))
		}
	}
	return list
}

// kernel names the kernel of the suite's labs.
func kernel() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	text := "Linux " + unix.ByteSliceToString(name.Release[:])
	if uml.Inside() {
		text += " in User-Mode Linux"
	}
	return text
}
