package workload

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/suite"
)

// ExternalIP is an address for a service's externalIPs: the nth of the topology's
// range, counted from 1.
func ExternalIP(l *suite.Lab, n int) netip.Addr {
	ginkgo.GinkgoHelper()
	address, err := nth(l.Topology().ExternalIPs.First(), n)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "take external IP %d of topology %s (externalIPs)", n, l.Topology().Name)
	return address
}

// LoadBalancerIP is an address for a service of type LoadBalancer: the nth of the
// topology's range, counted from 1.
func LoadBalancerIP(l *suite.Lab, n int) netip.Addr {
	ginkgo.GinkgoHelper()
	address, err := nth(l.Topology().LoadBalancerIPs.First(), n)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "take LoadBalancer IP %d of topology %s (loadBalancerIPs)", n, l.Topology().Name)
	return address
}

// nth is the nth address of a range after its first one, which is the name of the network.
func nth(prefix netip.Prefix, n int) (netip.Addr, error) {
	if !prefix.IsValid() {
		return netip.Addr{}, errors.New("the topology has no such range: take one that has, or give it one in its file")
	}
	octets := prefix.Masked().Addr().AsSlice()
	for i := len(octets) - 1; i >= 0 && n > 0; i-- {
		n += int(octets[i])
		octets[i], n = byte(n), n>>8
	}
	address, _ := netip.AddrFromSlice(octets) // as many as they were
	if n != 0 || !prefix.Contains(address) || address == prefix.Masked().Addr() {
		return netip.Addr{}, fmt.Errorf("the range %s has no such address", prefix)
	}
	return address, nil
}
