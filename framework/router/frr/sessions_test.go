package frr

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/session"
)

// recorded reads what vtysh of FRR 8.4.4 (Debian) printed.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	output, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// TestParseSessions reads the sessions of a leaf with one client shut down
// (10.1.5.11) and one that is not there (10.1.5.12).
func TestParseSessions(t *testing.T) {
	got, err := ParseSessions(recorded(t, "summary-leaf.json"))
	if err != nil {
		t.Fatal(err)
	}
	peer := func(address string, as uint32, state session.State) session.Session {
		return session.Session{
			Peer: netip.MustParseAddr(address), Kind: session.FabricPeer, LocalAS: 65005, PeerAS: as, State: state,
		}
	}
	want := []session.Session{
		peer("10.1.5.10", 65005, session.Established),
		peer("10.1.5.11", 65005, session.Down),
		peer("10.1.5.12", 65005, session.Connect),
		peer("10.1.5.13", 65005, session.Established),
		peer("10.1.10.2", 500, session.Established),
		peer("10.1.12.2", 800, session.Established),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

func TestParseSessionsOfRouterWithoutNeighbors(t *testing.T) {
	// FRR prints this then.
	got, err := ParseSessions([]byte("{}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestParseSessionsRefuses(t *testing.T) {
	tests := []struct {
		name, output, want string
	}{
		{"nothing", "", "summary"},
		{"no JSON", "% Unknown command: show bgp\n", "summary"},
		{"cut short", `{"peers":{"10.1.5.10":{"state":"Est`, "summary"},
		{"a state that FRR 8.4 does not have", `{"peers":{"10.1.5.10":{"remoteAs":1,"localAs":1,"state":"Dreaming"}}}`, `10.1.5.10: unknown state "Dreaming"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseSessions([]byte(tt.output))
			if err == nil {
				t.Fatalf("no error, but %v", got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	tests := []struct {
		name string
		want session.State
	}{
		{"Idle", session.Idle},
		{"Active", session.Active},
		{"OpenSent", session.OpenSent},
		{"OpenConfirm", session.OpenConfirm},
		{"Idle (PfxCt)", session.Idle},
		{"Clearing", session.Idle},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := normalize(tt.name)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
