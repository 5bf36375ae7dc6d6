package session_test

import (
	"net/netip"
	"testing"

	"github.com/rackproof/rackproof/framework/session"
)

func TestSettled(t *testing.T) {
	seen := session.Sessions{}
	for i, state := range []session.State{
		session.Idle, session.Connect, session.Active, session.OpenSent, session.OpenConfirm, session.Down, session.Established,
	} {
		seen["leaf0"] = append(seen["leaf0"], session.Session{Peer: netip.AddrFrom4([4]byte{10, 1, 5, byte(i)}), State: state})
	}
	settled := session.Settled(seen)["leaf0"]
	for i, s := range settled {
		want := session.Down
		if seen["leaf0"][i].State == session.Established {
			want = session.Established
		}
		if s.State != want || s.Peer != seen["leaf0"][i].Peer {
			t.Errorf("%s became %s, want state %s", seen["leaf0"][i], s, want)
		}
	}
	if len(settled) != 7 || seen["leaf0"][0].State != session.Idle {
		t.Errorf("settled %v of %v: want as many, and the originals untouched", settled, seen["leaf0"])
	}
}
