package suite

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/topology"
)

func plannedRouters() []fabric.Router {
	return []fabric.Router{
		{Host: "core", AS: 64600, Networks: []netip.Prefix{netip.MustParsePrefix("10.2.10.0/24")}},
		{Host: "tor0", AS: 64512, Neighbors: []fabric.Neighbor{{Host: "server0"}, {Host: "server1"}}},
	}
}

func TestChanged(t *testing.T) {
	before := plannedRouters()
	after, err := changed(before, func(plan map[string]*fabric.Router) {
		plan["tor0"].Neighbors[1].Password = "secret"
		plan["core"].Networks[0] = netip.MustParsePrefix("10.2.11.0/24")
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, plannedRouters()) {
		t.Errorf("the change reaches what was before: %+v", before)
	}
	want := plannedRouters()
	want[0].Networks[0] = netip.MustParsePrefix("10.2.11.0/24")
	want[1].Neighbors[1].Password = "secret"
	if !reflect.DeepEqual(after, want) {
		t.Errorf("got %+v, want %+v", after, want)
	}
}

func TestChangedTakesANewRouterForTheOld(t *testing.T) {
	after, err := changed(plannedRouters(), func(plan map[string]*fabric.Router) {
		plan["core"] = &fabric.Router{Host: "core", AS: 64700}
	})
	if err != nil || after[0].AS != 64700 {
		t.Errorf("got %+v, %v", after, err)
	}
}

func TestChangedRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(map[string]*fabric.Router)
		want   string
	}{
		{"a router less", func(plan map[string]*fabric.Router) { delete(plan, "core") }, "no router core"},
		{"a router that is nil", func(plan map[string]*fabric.Router) { plan["core"] = nil }, "no router core"},
		{"a router renamed", func(plan map[string]*fabric.Router) { plan["core"].Host = "spine" }, "no router core"},
		{"a router more", func(plan map[string]*fabric.Router) { plan["tor2"] = &fabric.Router{Host: "tor2"} }, "[tor2]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if after, err := changed(plannedRouters(), tt.change); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v", after, err)
			}
		})
	}
}

// The first router that is asked about, and whose software can, is taken.
func TestAble(t *testing.T) {
	routers := func(software ...topology.Software) []fabric.Router {
		var all []fabric.Router
		for i, name := range []string{"core", "tor0", "tor1"} {
			all = append(all, fabric.Router{Host: name, Software: software[i], AS: 64512, RouterID: netip.MustParseAddr("10.2.10.1")})
		}
		return all
	}
	shutdown := func(r *fabric.Router) { r.GracefulShutdown = true }
	for _, c := range []struct {
		name    string
		routers []fabric.Router
		want    string
	}{
		{"the first", routers(frr.Name, frr.Name, frr.Name), "tor0"},
		{"the second, as the first cannot", routers(frr.Name, bird.Name, frr.Name), "tor1"},
	} {
		if got, err := able(c.routers, shutdown, []string{"tor0", "tor1"}); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %s", c.name, got, err, c.want)
		}
	}
	_, err := able(routers(frr.Name, bird.Name, bird.Name), shutdown, []string{"tor0", "tor1"})
	if !errors.Is(err, lab.ErrUnable) || !strings.Contains(err.Error(), "tor0: BIRD 1.6 has no statement for a graceful shutdown") || !strings.Contains(err.Error(), "tor1: BIRD") {
		t.Errorf("got %v", err)
	}
}
