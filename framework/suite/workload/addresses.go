package workload

import (
	"errors"
	"fmt"
	"math"
	"net/netip"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/suite"
)

// ExternalIP is an address for a service's externalIPs: the nth of the topology's
// range, counted from 1.
func ExternalIP(l *suite.Lab, n int) netip.Addr {
	ginkgo.GinkgoHelper()
	address, err := nth(l.Topology().ExternalIPs, n)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "take external IP %d of topology %s (externalIPs)", n, l.Topology().Name)
	return address
}

// LoadBalancerIP is an address for a service of type LoadBalancer: the nth of the
// topology's range, counted from 1.
func LoadBalancerIP(l *suite.Lab, n int) netip.Addr {
	ginkgo.GinkgoHelper()
	address, err := nth(l.Topology().LoadBalancerIPs, n)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "take LoadBalancer IP %d of topology %s (loadBalancerIPs)", n, l.Topology().Name)
	return address
}

// nth is the nth address of an IPv4 range after its first one, which is the name of
// the network.
func nth(prefix netip.Prefix, n int) (netip.Addr, error) {
	if !prefix.IsValid() {
		return netip.Addr{}, errors.New("the topology has no such range: take one that has, or give it one in its file")
	}
	first := prefix.Masked().Addr().As4()
	number := uint64(first[0])<<24 | uint64(first[1])<<16 | uint64(first[2])<<8 | uint64(first[3])
	if n >= 1 && uint64(n) <= math.MaxUint32-number {
		number += uint64(n)
		address := netip.AddrFrom4([4]byte{byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)})
		if prefix.Contains(address) {
			return address, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("the range %s has no such address", prefix)
}
