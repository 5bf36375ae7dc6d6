package session

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/diff"
)

func to(peer string, state State) Session {
	return Session{Peer: netip.MustParseAddr(peer), Kind: NodeToNodeMesh, LocalAS: 64512, PeerAS: 64512, State: state}
}

func TestCompare(t *testing.T) {
	external := to("10.0.0.2", Established)
	external.PeerAS = 65000
	tests := []struct {
		name      string
		want, got []Session
		expected  string
	}{
		{name: "the same in another order", want: []Session{to("10.0.0.1", Established), to("10.0.0.2", Established)},
			got: []Session{to("10.0.0.2", Established), to("10.0.0.1", Established)}},
		{name: "missing", want: []Session{to("10.0.0.1", Established)},
			expected: "- missing     10.0.0.1 AS 64512 (local AS 64512), node-to-node mesh, Established"},
		{name: "unexpected", got: []Session{to("10.0.0.1", Established)},
			expected: "+ unexpected  10.0.0.1 AS 64512 (local AS 64512), node-to-node mesh, Established"},
		{name: "not established", want: []Session{to("10.0.0.1", Established)}, got: []Session{to("10.0.0.1", Down)},
			expected: "~ expected    10.0.0.1 AS 64512 (local AS 64512), node-to-node mesh, Established\n" +
				"  got         10.0.0.1 AS 64512 (local AS 64512), node-to-node mesh, Down"},
		{name: "another AS", want: []Session{to("10.0.0.2", Established)}, got: []Session{external},
			expected: "~ expected    10.0.0.2 AS 64512 (local AS 64512), node-to-node mesh, Established\n" +
				"  got         10.0.0.2 AS 65000 (local AS 64512), node-to-node mesh, Established"},
		{name: "twice", want: []Session{to("10.0.0.1", Established)}, got: []Session{to("10.0.0.1", Established), to("10.0.0.1", Established)},
			expected: "+ unexpected  10.0.0.1 AS 64512 (local AS 64512), node-to-node mesh, Established"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := diff.CompareRows(test.want, test.got)
			if d.String() != test.expected || d.Empty() != (test.expected == "") {
				t.Errorf("got:\n%s\nwant:\n%s", d, test.expected)
			}
		})
	}
}
