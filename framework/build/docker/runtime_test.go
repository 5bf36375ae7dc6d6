package docker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/moby/sys/capability"
	"golang.org/x/sys/unix"
)

// hardened are the limits of a machine without CAP_SYS_RESOURCE.
func hardened() limits {
	l := full()
	l.capabilities.Unset(capability.BOUNDING, capability.CAP_SYS_RESOURCE)
	return l
}

// full are the limits of a machine that has all.
func full() limits {
	capabilities, err := capability.NewPid2(0)
	if err != nil {
		panic(err)
	}
	capabilities.Set(capability.BOUNDING, capability.ListKnown()...)
	return limits{capabilities: capabilities}
}

func TestLimits(t *testing.T) {
	if missing := hardened().missing(); !reflect.DeepEqual(missing, []string{"CAP_SYS_RESOURCE"}) {
		t.Errorf("missing are %v", missing)
	}
	if full().lacking() || !hardened().lacking() {
		t.Error("the machine that lacks a capability is taken for the other")
	}
	own, err := ownLimits()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range capability.ListKnown() {
		value, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if own.has(c) != (value == 1) {
			t.Errorf("%s: read %t, the kernel says %d", c, own.has(c), value)
		}
	}
}

func TestAdaptProcess(t *testing.T) {
	low := hardened()
	low.oomScoreAdj = 100
	tests := []struct {
		name   string
		limits limits
		in     string
		want   string
	}{
		{
			"hardened", hardened(),
			`{"args":["a"],"capabilities":{"bounding":["CAP_SYS_ADMIN","CAP_SYS_RESOURCE"],"permitted":["CAP_SYS_RESOURCE"]},"rlimits":[{"type":"RLIMIT_NOFILE","hard":1048576,"soft":1048576}],"oomScoreAdj":-999}`,
			`{"args":["a"],"capabilities":{"bounding":["CAP_SYS_ADMIN"],"permitted":[]},"oomScoreAdj":0}`,
		},
		{"higher score stays", low, `{"oomScoreAdj":500}`, `{"oomScoreAdj":500}`},
		{"lower score is raised", low, `{"oomScoreAdj":0}`, `{"oomScoreAdj":100}`},
		{
			"all there", full(),
			`{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]},"rlimits":[],"oomScoreAdj":-999}`,
			`{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]},"rlimits":[],"oomScoreAdj":-999}`,
		},
		{"nothing to do", hardened(), `{"cwd":"/"}`, `{"cwd":"/"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := adaptProcess([]byte(tt.in), tt.limits)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, got, tt.want)
		})
	}
	for _, broken := range []string{`[`, `{"capabilities":3}`, `{"oomScoreAdj":"x"}`} {
		if _, err := adaptProcess([]byte(broken), hardened()); err == nil {
			t.Errorf("%s: no error", broken)
		}
	}
}

func TestAdaptContainerKeepsTheRest(t *testing.T) {
	// A number that a float cannot hold.
	in := `{"ociVersion":"1.0.2","process":{"rlimits":[{}],"cwd":"/"},"linux":{"resources":{"memory":{"limit":9223372036854775807}}}}`
	got, err := adaptContainer([]byte(in), hardened())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"linux":{"resources":{"memory":{"limit":9223372036854775807}}},"ociVersion":"1.0.2","process":{"cwd":"/"}}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := adaptContainer([]byte(`{"root":{}}`), hardened()); err != nil || string(got) != `{"root":{}}` {
		t.Errorf("without a process: %s, %v", got, err)
	}
	if _, err := adaptContainer([]byte(`x`), hardened()); err == nil {
		t.Error("no error for what is not JSON")
	}
}

func TestContainersForwardPackets(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"its own namespace", `{"namespaces":[{"type":"pid"},{"type":"network","path":"/x"}]}`,
			`{"namespaces":[{"type":"pid"},{"type":"network","path":"/x"}],"sysctl":{"net.ipv4.ip_forward":"1"}}`},
		{"others stay", `{"namespaces":[{"type":"network"}],"sysctl":{"a":"b"}}`,
			`{"namespaces":[{"type":"network"}],"sysctl":{"a":"b","net.ipv4.ip_forward":"1"}}`},
		{"what was asked for", `{"namespaces":[{"type":"network"}],"sysctl":{"net.ipv4.ip_forward":"0"}}`,
			`{"namespaces":[{"type":"network"}],"sysctl":{"net.ipv4.ip_forward":"0"}}`},
		{"the daemon's namespace", `{"namespaces":[{"type":"pid"}]}`, `{"namespaces":[{"type":"pid"}]}`},
		{"no namespaces", `{}`, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := forwardPackets([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, got, tt.want)
		})
	}
	for _, broken := range []string{`[`, `{"namespaces":1}`, `{"sysctl":1}`} {
		if _, err := forwardPackets([]byte(broken)); err == nil {
			t.Errorf("%s: no error", broken)
		}
	}
}

func TestChanges(t *testing.T) {
	tests := []struct {
		arguments []string
		want      []change
	}{
		{[]string{"--root", "/r", "create", "--bundle", "/b", "--pid-file", "/p", "id"}, []change{{"/b/config.json", true}}},
		{[]string{"create", "--bundle=/b", "id"}, []change{{"/b/config.json", true}}},
		{[]string{"run", "-b", "/b", "id"}, []change{{"/b/config.json", true}}},
		{[]string{"--log", "/l", "exec", "--process", "/p", "--detach", "id"}, []change{{"/p", false}}},
		{[]string{"exec", "-p", "/p", "id"}, []change{{"/p", false}}},
		{[]string{"state", "id"}, nil},
		{[]string{"kill", "--all", "id", "9"}, nil},
	}
	for _, tt := range tests {
		if got := changes(tt.arguments); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.arguments, got, tt.want)
		}
	}
}

func TestApplyRewritesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "process.json")
	if err := os.WriteFile(path, []byte(`{"rlimits":[{}],"cwd":"/"}`), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := (change{path, false}).apply(hardened()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, data, `{"cwd":"/"}`)
	if err := (change{path + "no", false}).apply(hardened()); err == nil {
		t.Error("no error for a file that is not there")
	}
}

func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got %s, want %s", got, want)
	}
}
