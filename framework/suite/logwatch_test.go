package suite

import "testing"

func TestComplains(t *testing.T) {
	for line, want := range map[string]bool{
		`2026-11-30 00:40:51.834 [ERROR][425] felix/route_table.go 864: Second attempt at updating routing table failed. Will retry later. error=x`: false,
		`2026-11-30 00:40:51.834 [ERROR][425] felix/int_dataplane.go 1: Something new`:                                                              true,
		`2026-11-30 00:40:51.834 [WARNING][425] felix/int_dataplane.go 2651: Failed to synchronize`:                                                 false,
		`panic: runtime error: index out of range`:                                                                                                  true,
		`goroutine 1 [running]:`: true,
	} {
		if got := complains("calico-felix", line); got != want {
			t.Errorf("%q: got %v", line, got)
		}
	}
	if !complains("calico-confd", "[ERROR] Second attempt at updating routing table failed. Will retry later.") {
		t.Error("what is expected of Felix is expected of confd too")
	}
	const conflict = `[FATAL][244] tunnel-ip-allocator/allocateip.go 153: Failed to reconcile tunnel address error=`
	if complains("calico-tunnel-addresses", conflict+"update conflict: Node(worker)") {
		t.Error("a conflict with another writer of the Node is not expected")
	}
	if !complains("calico-tunnel-addresses", conflict+"no such pool") {
		t.Error("every failure to allot a tunnel's address is expected")
	}
	if !complains("bird", "2026-11-30 00:35:19 <BUG> Assertion failed") {
		t.Error("a bug of BIRD is expected")
	}
}
