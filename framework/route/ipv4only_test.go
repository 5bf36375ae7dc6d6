package route_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// ipv4Only counts the places of the source that work for IPv4 alone, by file. A new one
// takes a route.Family or works by its address's family; one that must stay is listed.
func ipv4Only() map[string]int {
	return map[string]int{
		"framework/route/family.go": 2, // the definition
		// Four octets by their protocols (BGP identifiers, cluster IDs, ipv4Address, exportV4),
		// and refusals of IPv6.
		"framework/topology/value.go": 1, "framework/fabric/check.go": 4, "framework/calico/validate.go": 4,
		"framework/oracle/check.go": 4, "cmd/rackproof/lab_probe.go": 1, "cmd/rackproof/topology_import_vyos.go": 1,
		"framework/router/vyos/value.go": 3, "framework/router/vyos/interfaces.go": 1,
		"framework/router/vyos/render.go": 1, "framework/router/vyos/import_check.go": 1,
		// ICMP of IPv4, and its errors.
		"framework/probe/ping.go": 1, "framework/probe/socket.go": 1,
		// Features of the kernel for pods with IPv4.
		"framework/lab/capability/xtables.go": 1, "framework/lab/capability/feature.go": 2, "framework/lab/capability/nftables.go": 1,
		"framework/observe/xtables.go":               1,
		"framework/suite/workload/endpointslices.go": 1,
	}
}

// isIPv4Only reports whether a node of a syntax tree works for IPv4 alone.
func isIPv4Only(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		switch n.Sel.Name {
		case "AF_INET", "FAMILY_V4", "IPv4Unspecified", "AddressTypeIPv4", "Is4", "As4", "AddrFrom4":
			return true
		}
	case *ast.BasicLit:
		text := strings.Trim(n.Value, `"`)
		return text == "tcp4" || text == "udp4" || strings.HasPrefix(text, "ip4:")
	case *ast.CallExpr:
		called, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || called.Sel.Name != "PrefixFrom" && called.Sel.Name != "CIDRMask" || len(n.Args) != 2 {
			return false
		}
		length, ok := n.Args[1].(*ast.BasicLit)
		return ok && length.Value == "32"
	}
	return false
}

func TestNoNewPlaceIsForIPv4Alone(t *testing.T) {
	found := map[string]int{}
	for _, folder := range []string{"framework", "cmd", "suites"} {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || folder != "suites" && strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if isIPv4Only(n) {
					found[strings.TrimPrefix(filepath.ToSlash(path), "../../")]++
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for file, allowed := range ipv4Only() {
		if found[file] < allowed {
			t.Errorf("%s has %d places for IPv4 alone, and ipv4Only has %d: lower it", file, found[file], allowed)
		}
		found[file] -= allowed
	}
	for file, more := range found {
		if more > 0 {
			t.Errorf("%s has %d more places for IPv4 alone than ipv4Only: take a route.Family or an address's own", file, more)
		}
	}
}
