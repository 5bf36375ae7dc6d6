package capability

import (
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Numbers of linux/netfilter/nfnetlink.h, nf_tables.h and nf_tables_compat.h.
const (
	subsystemNFTables  = 10
	subsystemNFTCompat = 11

	messageGetGeneration = 16
	messageCompatGet     = 0

	attributeCompatName     = 1
	attributeCompatRevision = 2
	attributeCompatType     = 3
)

// extension is an xtables match or target in the revision that iptables uses.
type extension struct {
	name     string
	revision uint32
	target   bool
}

// tryNFTables asks for nftables, and then for each extension that the rules of
// kube-proxy and Felix use, as iptables-nft does before it makes a rule. The
// kernel loads the modules that it has.
func tryNFTables() error {
	if err := askNetfilter(subsystemNFTables, messageGetGeneration); err != nil {
		return err
	}
	for _, e := range []extension{
		{name: "addrtype", revision: 1},
		{name: "comment"},
		{name: "conntrack", revision: 3},
		{name: "mark", revision: 1},
		{name: "multiport", revision: 1},
		{name: "set", revision: 3},
		{name: "statistic"},
		{name: "DNAT", target: true},
		{name: "MARK", revision: 2, target: true},
		{name: "MASQUERADE", target: true},
		{name: "REJECT", target: true},
	} {
		if err := askExtension(e); err != nil {
			return err
		}
	}
	return nil
}

func askExtension(e extension) error {
	kind, number := "match", uint32(0)
	if e.target {
		kind, number = "target", 1
	}
	err := askNetfilter(subsystemNFTCompat, messageCompatGet,
		nl.NewRtAttr(attributeCompatName, nl.ZeroTerminated(e.name)),
		nl.NewRtAttr(attributeCompatRevision, nl.BEUint32Attr(e.revision)),
		nl.NewRtAttr(attributeCompatType, nl.BEUint32Attr(number)),
	)
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, e.name, err)
	}
	return nil
}

// askNetfilter sends one question and returns the kernel's refusal, if it is one.
func askNetfilter(subsystem, message int, attributes ...*nl.RtAttr) error {
	// With an acknowledgement, because a compatibility answer is marked as the
	// first of many and nothing else says that it was the last.
	request := nl.NewNetlinkRequest(subsystem<<8|message, unix.NLM_F_ACK)
	request.AddData(&nl.Nfgenmsg{NfgenFamily: unix.AF_INET, Version: nl.NFNETLINK_V0})
	for _, attribute := range attributes {
		request.AddData(attribute)
	}
	_, err := request.Execute(unix.NETLINK_NETFILTER, 0)
	return err
}
