package cluster

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/topology"
)

// A node with Calico's own BIRD finds it first, also by confd, which has it check each new
// file, and gets the templates as they are.
func TestCalicosOwnBIRD(t *testing.T) {
	top, err := fixtures.Topology("two-racks")
	if err != nil {
		t.Fatal(err)
	}
	const template, text = "templates/bird.cfg.template", "filter f { krt_tunnel = \"tunl0\"; }\n"
	c := &Cluster{config: Config{
		Topology: top, Mode: &calico.Mode{}, BIRD: "/calico", Environment: []string{"HOME=/root", "PATH=/usr/sbin"},
		ConfdTemplates: fstest.MapFS{template: {Data: []byte(text)}},
	}}
	host := top.ByRole(topology.Node)[0]
	if got := c.nodeEnvironment(host); !slices.Contains(got, "PATH=/calico:/usr/sbin") {
		t.Errorf("with Calico's BIRD: %v", got)
	}
	files := map[string][]byte{}
	if err := c.addConfdFiles(files); err != nil || string(files[confdFolder+"/"+template]) != text {
		t.Errorf("with Calico's BIRD: got %q, %v", files, err)
	}
	c.config.BIRD = ""
	if got := c.nodeEnvironment(host); !slices.Contains(got, "PATH=/usr/sbin") {
		t.Errorf("with a stock BIRD: %v", got)
	}
	if err := c.addConfdFiles(files); err == nil {
		t.Error("with a stock BIRD a template that sets krt_tunnel is taken")
	}
}
