package topology

import (
	"reflect"
	"strings"
	"testing"
)

func TestWrittenTopologyIsReadBack(t *testing.T) {
	tests := []struct {
		name string
		data string
	}{
		{"one of each", small},
		{"names that YAML takes for something else", strings.NewReplacer("node1", "true", "node0", "0x10", "rack0", "on").Replace(small)},
		{"a description with YAML's characters", strings.Replace(small, "one of each", `"a: b # c"`, 1)},
		{"software and ranges", strings.NewReplacer("as: 500}", "as: 500, software: bird}", "management: {prefix", "externalIPs: 192.168.3.0/24\nmanagement: {prefix").Replace(small)},
		{"what routers do on purpose", strings.Replace(small, "as: 500}", "as: 500, defaultOriginate: [leaf0], gracefulShutdown: true}", 1)},
		{"lists", strings.NewReplacer("address: 10.1.5.11}", "addresses: [10.1.5.11]}", "prefix: 10.1.5.0/24", "prefixes: [10.1.5.0/24]", "pods: 10.244.0.0/16", "pods: [10.244.0.0/16]").Replace(small)},
		{"a gateway on two links", small + `  - name: second
    prefix: 10.1.101.0/24
    ends:
      - {host: spine0, interface: eth4, address: 10.1.101.1}
      - {host: client, interface: eth2, address: 10.1.101.2}
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := Load("given.yaml", []byte(tt.data), software())
			if err != nil {
				t.Fatal(err)
			}
			data, err := want.YAML()
			if err != nil {
				t.Fatal(err)
			}
			got, err := Load("written.yaml", data, software())
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			got.source, want.source = source{}, source{} // the lines differ
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%+v\nwant\n%+v\nfrom\n%s", got, want, data)
			}
		})
	}
}

func TestWrittenTopologyIsForPeople(t *testing.T) {
	top, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	data, err := top.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"  - {name: leaf0, role: leaf, rack: rack0, as: 65005, routerID: 10.1.5.1}\n",
		"  - {name: spine0, role: spine, as: 500}\n",
		"      - {host: node0, interface: net0, address: 10.1.5.10}\n",
	} {
		if !strings.Contains(string(data), line) {
			t.Errorf("no line %q in\n%s", line, data)
		}
	}
}

func TestWriteRejectsAGatewayThatIsNoHost(t *testing.T) {
	top, err := Load("small.yaml", []byte(small), software())
	if err != nil {
		t.Fatal(err)
	}
	client, _ := top.Host("client")
	client.Gateways[0] = client.Gateways[0].Next().Next()
	if _, err := top.YAML(); err == nil || !strings.Contains(err.Error(), "gateway 10.1.100.2 of host client is no host's address") {
		t.Errorf("got %v", err)
	}
}
