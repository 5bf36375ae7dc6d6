package capability

import (
	"slices"
	"strings"
	"testing"
)

func TestMissing(t *testing.T) {
	lab := Need{
		For:      "the lab",
		Kernel:   Kernel{5, 10},
		Programs: []Program{{Name: "birdc", Package: "bird"}, {Name: "/usr/lib/frr/bgpd", Package: "frr"}},
		Features: []Feature{Namespaces, Veth},
		Space:    []Space{{"/state", 500e6}},
	}
	ipip := Need{For: "mode ipip", Features: []Feature{IPIP}, Programs: []Program{{Name: "birdc", Package: "bird"}}}
	// all is a machine that has everything; each case takes something away.
	all := func(change func(*Capabilities)) Capabilities {
		have := Capabilities{
			Root:     true,
			Kernel:   Kernel{6, 1},
			Programs: map[string]string{"birdc": "/usr/sbin/birdc", "/usr/lib/frr/bgpd": "/usr/lib/frr/bgpd"},
			Absent:   map[Feature]string{},
			Free:     map[string]uint64{"/state": 500e6},
		}
		change(&have)
		return have
	}
	for _, c := range []struct {
		name   string
		change func(*Capabilities)
		// want has a list of parts for each problem, in order.
		want [][]string
	}{
		{"nothing", func(*Capabilities) {}, nil},
		{
			"root, so that nothing is known of features",
			func(c *Capabilities) { c.Root = false },
			[][]string{{"not root (needed by the lab, mode ipip)", "netlink", "sudo"}},
		},
		{
			"an old kernel",
			func(c *Capabilities) { c.Kernel = Kernel{4, 19} },
			[][]string{{"Linux 4.19 is too old (needed by the lab)", "5.10"}},
		},
		{
			"an old kernel of the same series",
			func(c *Capabilities) { c.Kernel = Kernel{5, 9} },
			[][]string{{"Linux 5.9 is too old"}},
		},
		{
			"programs, one of them needed twice",
			func(c *Capabilities) { c.Programs = nil },
			[][]string{
				{"program birdc is not installed (needed by the lab, mode ipip)", "the package bird "},
				{"program /usr/lib/frr/bgpd is not installed (needed by the lab)", "the package frr "},
			},
		},
		{
			"a feature that one mode needs",
			func(c *Capabilities) { c.Absent[IPIP] = "operation not supported" },
			[][]string{{"no IPIP tunnels (operation not supported) (needed by mode ipip)", "CONFIG_NET_IPIP"}},
		},
		{
			"a feature without a need",
			func(c *Capabilities) { c.Absent[VXLAN] = "operation not supported" },
			nil,
		},
		{
			"namespaces, so that nothing else was tried",
			func(c *Capabilities) { c.Absent[Namespaces] = "unshare: operation not permitted" },
			[][]string{{"no namespaces (unshare: operation not permitted) (needed by the lab, mode ipip)", "CAP_SYS_ADMIN"}},
		},
		{
			"room",
			func(c *Capabilities) { c.Free["/state"] = 499_999_999 },
			[][]string{{"499 MB free for /state (needed by the lab)", "make room for 500 MB"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := Missing(all(c.change), lab, ipip)
			if len(problems) != len(c.want) {
				t.Fatalf("got %d problems, want %d: %v", len(problems), len(c.want), problems)
			}
			for i, problem := range problems {
				for _, part := range c.want[i] {
					if !strings.Contains(problem.String(), part) {
						t.Errorf("problem %q has no %q", problem, part)
					}
				}
			}
		})
	}
}

func TestMissingNamesTheFeature(t *testing.T) {
	have := Capabilities{Root: true, Absent: map[Feature]string{VXLAN: "operation not supported"}}
	problems := Missing(have, Need{For: "mode vxlan", Features: []Feature{VXLAN}})
	if len(problems) != 1 || problems[0].Feature != VXLAN || !slices.Equal(problems[0].NeededBy, []string{"mode vxlan"}) {
		t.Errorf("got %+v, want one problem with feature and mode", problems)
	}
}

func TestErrorHasOneLineForEachProblem(t *testing.T) {
	err := &Error{Problems: []Problem{
		{What: "not root", NeededBy: []string{"the lab"}, Remedy: "sudo"},
		{What: "Linux 4.19 is too old", NeededBy: []string{"the lab"}, Remedy: "a newer one"},
	}}
	want := "this machine lacks what the lab needs:\n  not root (needed by the lab): sudo\n  Linux 4.19 is too old (needed by the lab): a newer one"
	if err.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
}
