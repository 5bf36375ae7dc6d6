package launch

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// downNoted is a lab that notes whether it was taken down.
type downNoted struct{ down bool }

func (l *downNoted) Down(context.Context) error {
	l.down = true
	return nil
}

func TestUntilReady(t *testing.T) {
	late := errors.New("no session")
	cases := []struct {
		name string
		wait func() error
		down bool
		err  error
	}{
		{"ready", func() error { return nil }, false, nil},
		{"not ready", func() error { return late }, true, late},
		{"panics", func() error { panic("index out of range") }, true, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var l downNoted
			var err error
			func() {
				defer func() { _ = recover() }()
				err = untilReady(t.Context(), &l, c.wait)
			}()
			if l.down != c.down || !errors.Is(err, c.err) {
				t.Errorf("taken down: %t, error %v; want %t, %v", l.down, err, c.down, c.err)
			}
		})
	}
}

func TestCheckTopology(t *testing.T) {
	whole, err := fixtures.Topology("two-racks")
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckTopology(whole); err != nil {
		t.Error(err)
	}
	if err := CheckTopology(&topology.Topology{Name: "bare"}); err == nil || !strings.Contains(err.Error(), "topology bare has no node") {
		t.Errorf("got %v", err)
	}
	// Before anything else is looked at: the provider is not even asked.
	bare := &topology.Topology{Name: "bare"}
	if err := Check(t.Context(), nil, lab.Options{Topology: bare}); err == nil || !strings.Contains(err.Error(), "has no node") {
		t.Errorf("got %v", err)
	}
}

// BIRD's routes through a tunnel need a BIRD that can make them.
func TestCheckAsksForCalicosBIRD(t *testing.T) {
	two, err := fixtures.Topology("two-racks")
	if err != nil {
		t.Fatal(err)
	}
	felix, err := fixtures.Mode("ipip")
	if err != nil {
		t.Fatal(err)
	}
	birds, err := felix.WithRouteOwner(calico.BIRDOwns)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mode *calico.Mode
		own  bool
		want string
	}{
		{felix, false, ""},
		{felix, true, ""},
		{birds, true, ""},
		{birds, false, "get Calico's BIRD by `rackproof components bird`"},
	} {
		err := Check(t.Context(), &rack{birds: tt.own}, lab.Options{Topology: two, Mode: tt.mode})
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("routes by %s, Calico's BIRD %t: error %v, want %q", tt.mode.RouteOwner, tt.own, err, tt.want)
		}
	}
}
