package oracle

import (
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
)

// bgpPort is the port of BGP (RFC 4271, section 8.1.1).
const bgpPort = 179

// checkListenPort refuses another port beside a neighbor that is given by its address.
// BIRD 1.6 listens at a new port only once none of its sessions has been left standing.
// confd writes nothing new for a neighbor outside of the cluster, so that its session stands,
// and BIRD stays at its old port, of which the other nodes know nothing.
func (s State) checkListenPort(c v3.BGPConfiguration) error {
	if c.Spec.ListenPort == 0 || c.Spec.ListenPort == bgpPort {
		return nil
	}
	for _, peer := range s.Resources.BGPPeers {
		if peer.Spec.PeerIP != "" {
			return refuse(v3.KindBGPConfiguration, c.Name, "spec.listenPort", "listenPort %d beside BGPPeer %s with peerIP %s is not supported: BIRD keeps the port that it had as long as that session stands (leave listenPort out)", c.Spec.ListenPort, peer.Name, peer.Spec.PeerIP)
		}
	}
	return nil
}
