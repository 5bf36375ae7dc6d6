package suite

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/fabric"
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
