package bird2

import (
	"bufio"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/session"
)

// recorded is a host whose BIRD 2 answers as the real one did that testdata is of: the
// leaf of a small fabric, with two clients, a neighbour on their link, and two spines.
type recorded struct{ t *testing.T }

func (recorded) Name() string { return "leaf0" }

func (h recorded) ReadFile(path string) ([]byte, error) {
	h.t.Errorf("%s was read, and BIRD 2 tells all by its socket", path)
	return nil, os.ErrNotExist
}

func (recorded) Run(context.Context, ...string) ([]byte, error) { return nil, os.ErrNotExist }

func (h recorded) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	if network != "unix" || address != socket {
		h.t.Errorf("%s %s was dialled", network, address)
	}
	near, far := net.Pipe()
	go h.serve(far)
	return near, nil
}

func (h recorded) serve(conn net.Conn) {
	defer conn.Close()
	answers := map[string]string{
		"show protocols all": "protocols.txt", "show route all": "routes.txt", "show route all export kernel1": "export.txt",
	}
	if _, err := conn.Write([]byte("0001 BIRD 2.0.12 ready.\n")); err != nil {
		return
	}
	for commands := bufio.NewScanner(conn); commands.Scan(); {
		answer, err := os.ReadFile(filepath.Join("testdata", answers[commands.Text()]))
		if err != nil {
			h.t.Errorf("%q: %v", commands.Text(), err)
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

func TestSessions(t *testing.T) {
	sessions, err := Driver{}.Sessions(t.Context(), recorded{t})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range sessions {
		got = append(got, s.String())
		if s.LocalAS != 65005 || s.Kind != session.FabricPeer {
			t.Errorf("got %+v, want AS 65005 of a router", s)
		}
	}
	want := []string{"10.1.5.10", "10.1.5.11", "10.1.5.12", "10.1.10.2", "10.1.12.2"}
	if len(got) != len(want) {
		t.Fatalf("got %q, want sessions with %q", got, want)
	}
	for i := range want {
		if sessions[i].Peer.String() != want[i] || sessions[i].State != session.Established {
			t.Errorf("got %s, want one with %s, established", got[i], want[i])
		}
	}
}

func TestPaths(t *testing.T) {
	paths, err := Driver{}.Paths(t.Context(), recorded{t})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ prefix, want string }{
		{"10.9.9.0/24", "10.9.9.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500 900] best used|10.9.9.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800 900] used"},
		{"10.9.0.0/24", "10.9.0.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500] local preference 100, MED 0 best used|10.9.0.0/24 from 10.1.12.2 next hop 10.1.12.2 AS path [800 900]"},
		{"10.2.1.0/24", "10.2.1.0/24 from 10.1.5.11 next hop 10.1.5.11 AS path [] best used"},
		// The router's own.
		{"10.1.10.0/24", "10.1.10.0/24 from 10.1.10.2 next hop 10.1.10.2 AS path [500] local preference 100, MED 0"},
	} {
		var got []string
		for _, p := range paths {
			if p.Prefix.String() == c.prefix {
				got = append(got, describe(p))
			}
		}
		if text := strings.Join(got, "|"); text != c.want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", c.prefix, text, c.want)
		}
	}
	if len(paths) != 14 {
		t.Errorf("got %d paths, want 14, those that were learned by BGP", len(paths))
	}
}

func describe(p router.Path) string {
	text := p.String()
	if p.Best {
		text += " best"
	}
	if p.Used {
		text += " used"
	}
	return text
}

func TestPathsThatAreNone(t *testing.T) {
	for name, replies := range map[string][]bird.Reply{
		"details before the first path": {{Code: codeRoute, Text: "\tvia 10.1.5.1 on eth1"}},
		"no protocol":                   {{Code: codeRoute, Text: "10.1.5.0/24          unicast"}},
		"no prefix":                     {{Code: codeRoute, Text: "10.1.5/24          unicast [direct1 23:50:50.685] * (240)"}},
		"another kind":                  {{Code: codeRoute, Text: "10.1.5.0/24          via 10.1.5.1 on eth1 [direct1 23:50:50] * (240)"}},
		"another next hop":              {{Code: codeRoute, Text: "10.1.5.0/24          unicast [direct1 23:50:50.685] * (240)"}, {Code: codeRoute, Text: "\tby eth1"}},
	} {
		if paths, err := parsePaths(replies); err == nil {
			t.Errorf("%s: got %v and no error", name, paths)
		}
	}
	unreachable, err := parsePaths([]bird.Reply{{Code: codeRoute, Text: "10.1.5.0/24          unreachable [to_a 23:50:50.685 from 10.1.5.9] ! (100/-) [i]"}})
	if err != nil || len(unreachable) != 1 || !unreachable[0].Best || unreachable[0].Peer.String() != "10.1.5.9" || unreachable[0].Protocol != "to_a" {
		t.Errorf("got %+v, %v", unreachable, err)
	}
}
