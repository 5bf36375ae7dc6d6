package bird

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
)

var update = flag.Bool("update", false, "write the golden files again")

// pool is an IP pool as Calico's datastore client gives it to confd
// (libcalico-go/lib/backend/model/ippool.go): a mode that is off is "".
type pool struct {
	CIDR      string `json:"cidr"`
	IPIP      string `json:"ipip"`
	IPIPMode  string `json:"ipip_mode"`
	VXLANMode string `json:"vxlan_mode"`
}

// renderIPAM renders bird_ipam.cfg as confd does, with those of its template
// functions that the template uses.
func renderIPAM(t *testing.T, text []byte, pools []pool) []byte {
	t.Helper()
	keys := map[string]string{"/bgp/v1/host/worker/network_v4": "10.1.5.0/24"}
	for _, p := range pools {
		value, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		keys["/v1/ipam/v4/pool/"+strings.ReplaceAll(p.CIDR, "/", "-")] = string(value)
	}
	parsed, err := template.New(ipamTemplate).Funcs(template.FuncMap{
		"ls": func(dir string) []string {
			var names []string
			for _, key := range slices.Sorted(maps.Keys(keys)) {
				if name, ok := strings.CutPrefix(key, dir+"/"); ok {
					names = append(names, name)
				}
			}
			return names
		},
		"exists": func(key string) bool { return keys[key] != "" },
		"getv":   func(key string) string { return keys[key] },
		"getenv": func(string) string { return "worker" },
		"json": func(value string) (map[string]any, error) {
			var object map[string]any
			err := json.Unmarshal([]byte(value), &object)
			return object, err
		},
		"split":    strings.Split,
		"join":     strings.Join,
		"contains": strings.Contains,
	}).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var rendered bytes.Buffer
	if err := parsed.Execute(&rendered, nil); err != nil {
		t.Fatal(err)
	}
	return rendered.Bytes()
}

// scenarios are the pools that TestAdaptTemplate renders, by golden file.
func scenarios() map[string][]pool {
	const cidr = "10.244.0.0/16"
	return map[string][]pool{
		"ipam-no-encapsulation":  {{CIDR: cidr}},
		"ipam-ipip":              {{CIDR: cidr, IPIP: "tunl0", IPIPMode: "always"}},
		"ipam-ipip-cross-subnet": {{CIDR: cidr, IPIP: "tunl0", IPIPMode: "cross-subnet"}},
		"ipam-vxlan":             {{CIDR: cidr, VXLANMode: "always"}},
		"ipam-two-pools":         {{CIDR: cidr}, {CIDR: "10.245.0.0/16", IPIP: "tunl0", IPIPMode: "always"}},
		"ipam-no-pool":           nil,
	}
}

// calicoTemplate is Calico v3.31.0's own template.
func calicoTemplate(t *testing.T) []byte {
	t.Helper()
	return []byte(recorded(t, "calico/"+ipamTemplate))
}

func adaptedTemplate(t *testing.T) []byte {
	t.Helper()
	adapted, err := AdaptTemplate(ipamTemplate, calicoTemplate(t))
	if err != nil {
		t.Fatal(err)
	}
	return adapted
}

func TestAdaptTemplate(t *testing.T) {
	adapted := adaptedTemplate(t)
	for name, pools := range scenarios() {
		t.Run(name, func(t *testing.T) {
			got := renderIPAM(t, adapted, pools)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("not as in %s (go test -update writes it again); got:\n%s", golden, got)
			}
		})
	}
}

// TestAdaptTemplateChangesNoMoreThanItMust: without encapsulation Calico's own
// rendering differs in the attribute that stock BIRD lacks alone.
func TestAdaptTemplateChangesNoMoreThanItMust(t *testing.T) {
	pools := scenarios()["ipam-no-encapsulation"]
	original := string(renderIPAM(t, calicoTemplate(t), pools))
	const statement = "    krt_tunnel = \"\";\n"
	if strings.Count(original, statement) != 1 {
		t.Fatalf("%q is not once in Calico's own rendering", statement)
	}
	want := strings.Replace(original, statement, "", 1)
	if got := string(renderIPAM(t, adaptedTemplate(t), pools)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestAdaptTemplateLeavesExports: whatever the pools are, everything but the kernel
// filter is Calico's own.
func TestAdaptTemplateLeavesExports(t *testing.T) {
	adapted := adaptedTemplate(t)
	exports := func(text []byte) string {
		before, _, found := strings.Cut(string(text), "filter calico_kernel_programming")
		if !found {
			t.Fatal("no kernel filter")
		}
		return before
	}
	for name, pools := range scenarios() {
		if got, want := exports(renderIPAM(t, adapted, pools)), exports(renderIPAM(t, calicoTemplate(t), pools)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestAdaptedConfigurationIsAccepted has BIRD check what is rendered.
func TestAdaptedConfigurationIsAccepted(t *testing.T) {
	bird, err := exec.LookPath("bird")
	if err != nil {
		t.Skipf("BIRD is not installed, the test only compares the output with the golden files: %v", err)
	}
	adapted := adaptedTemplate(t)
	for name, pools := range scenarios() {
		t.Run(name, func(t *testing.T) {
			// The parts from bird.cfg and bird_aggr.cfg.
			config := "router id 10.1.5.11;\nfunction apply_communities() {}\nfunction calico_aggr() {}\n" +
				string(renderIPAM(t, adapted, pools)) +
				"protocol kernel { export filter calico_kernel_programming; }\nprotocol device {}\n" +
				"protocol bgp Mesh_10_1_5_10 { local as 64512; neighbor 10.1.5.10 as 64512;\n" +
				"  export filter { calico_export_to_bgp_peers(true); reject; }; }\n"
			path := filepath.Join(t.TempDir(), "bird.cfg")
			if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
				t.Fatal(err)
			}
			if output, err := exec.CommandContext(t.Context(), bird, "-p", "-c", path).CombinedOutput(); err != nil {
				t.Errorf("%v: %s\n%s", err, output, config)
			}
		})
	}
}

func TestAdaptTemplateLeavesOthersAlone(t *testing.T) {
	const text = "# Generated by confd\ninclude \"bird_ipam.cfg\";\n"
	got, err := AdaptTemplate("bird.cfg.template", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != text {
		t.Errorf("got %q", got)
	}
}

func TestAdaptTemplateRefuses(t *testing.T) {
	original := string(calicoTemplate(t))
	tests := []struct {
		name, file, text, want string
	}{
		{"kernel filter changed", ipamTemplate, strings.Replace(original, `if eq $data.ipip_mode "cross-subnet"`, `if eq $data.ipip_mode "CrossSubnet"`, 1),
			"the kernel filter's IPIP routes"},
		{"kernel filter there twice", ipamTemplate, original + original, "2 times"},
		{"adapted already", ipamTemplate, string(adaptedTemplate(t)), "0 times"},
		{"krt_tunnel at a new place", ipamTemplate, original + "krt_tunnel = \"tunl0\";\n", "krt_tunnel"},
		{"krt_tunnel in another template", "bird.cfg.template", "krt_tunnel = \"tunl0\";\n", "bird.cfg.template"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := AdaptTemplate(tt.file, []byte(tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}
