package calico

import (
	"slices"
	"strings"
	"testing"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOwner(t *testing.T) {
	const both, nobody = "Felix and BIRD both program", "nobody programs"
	// want is the owner, or what the error says.
	type want struct{ noEncapsulation, ipip string }
	felix, bird := string(FelixOwns), string(BIRDOwns)
	tests := []struct {
		name       string
		version    Version
		felix, bgp string
		want
	}{
		{"v3.31, by default", Version{3, 31}, "", "", want{bird, bird}},
		{"v3.30 is as v3.31", Version{3, 30}, "", "", want{bird, bird}},
		{"v3.31, disabled", Version{3, 31}, "Disabled", "", want{bird, bird}},
		{"v3.31, enabled", Version{3, 31}, "Enabled", "", want{both, felix}},
		{"v3.31 has no such field in BGPConfiguration", Version{3, 31}, "Enabled", "Disabled", want{both, felix}},
		{"v3.31 knows no such value", Version{3, 31}, "EnabledIPIPOnly", "", want{bird, bird}},

		{"v3.32, by default", Version{3, 32}, "", "", want{bird, bird}},
		{"v3.32, Felix's turn", Version{3, 32}, "Enabled", "Disabled", want{felix, felix}},
		{"v3.32, BIRD's turn", Version{3, 32}, "Disabled", "Enabled", want{bird, bird}},
		{"v3.32, Felix is told and BIRD is not", Version{3, 32}, "Enabled", "", want{both, both}},
		{"v3.32, BIRD is told and Felix is not", Version{3, 32}, "", "Disabled", want{nobody, nobody}},
		{"v3.32 knows no such values", Version{3, 32}, "EnabledIPIPOnly", "EnabledNoEncapOnly", want{bird, bird}},

		{"v3.33, by default", Version{3, 33}, "", "", want{bird, felix}},
		{"v3.34 is as v3.33", Version{3, 34}, "", "", want{bird, felix}},
		{"v3.33, the default in words", Version{3, 33}, "EnabledIPIPOnly", "EnabledNoEncapOnly", want{bird, felix}},
		{"v3.33, Felix alone", Version{3, 33}, "Enabled", "Disabled", want{felix, felix}},
		{"v3.33, BIRD alone, the old default", Version{3, 33}, "Disabled", "Enabled", want{bird, bird}},
		{"v3.33, the other way round", Version{3, 33}, "EnabledNoEncapOnly", "EnabledIPIPOnly", want{felix, bird}},
		{"v3.33, Felix is told and BIRD is not", Version{3, 33}, "Enabled", "", want{both, felix}},
		{"v3.33, BIRD is told and Felix is not", Version{3, 33}, "", "Enabled", want{bird, both}},
		{"v3.33, Felix is kept out and BIRD not told", Version{3, 33}, "Disabled", "", want{bird, nobody}},
		{"v3.33, BIRD is kept out and Felix not told", Version{3, 33}, "", "Disabled", want{nobody, felix}},
		{"v3.33 takes a slip for the default", Version{3, 33}, "enabled", "yes", want{bird, felix}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			settings := ClusterRoutes{Felix: tt.felix, BGP: tt.bgp}
			for encapsulation, want := range map[Encapsulation]string{
				NoEncapsulation: tt.noEncapsulation, IPIP: tt.ipip, IPIPCrossSubnet: tt.ipip,
				VXLAN: felix, VXLANCrossSubnet: felix,
			} {
				got, err := settings.Owner(tt.version, encapsulation)
				if text := string(got); err == nil && text != want || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("encapsulation %s: got %s, %v; want %s", encapsulation, got, err, want)
				}
			}
		})
	}
}

func TestCheckOwner(t *testing.T) {
	const enabled = "apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {programClusterRoutes: Enabled}\n"
	tests := []struct {
		name                       string
		owner, pool, configuration string
		version                    Version
		// wrong is what the error says; empty for no error.
		wrong string
	}{
		{"nothing said, no encapsulation", "", "ipipMode: Never", "", Version{3, 31}, ""},
		{"BIRD, no encapsulation", "routeOwner: bird", "ipipMode: Never", "", Version{3, 31}, ""},
		{"nothing said, VXLAN", "", "vxlanMode: Always", "", Version{3, 31}, "programmed by felix in Calico v3.31, and mode.yaml says bird"},
		{"Felix, VXLAN", "routeOwner: felix", "vxlanMode: CrossSubnet", "", Version{3, 31}, ""},
		{"Felix, IPIP, not told so", "routeOwner: felix", "ipipMode: Always", "", Version{3, 31}, "programmed by bird in Calico v3.31, and mode.yaml says felix"},
		{"Felix, IPIP, told so", "routeOwner: felix", "ipipMode: Always", enabled, Version{3, 31}, ""},
		{"Felix, IPIP, by default", "routeOwner: felix", "ipipMode: CrossSubnet", "", Version{3, 33}, ""},
		{"Felix, no encapsulation, told so", "routeOwner: felix", "ipipMode: Never", enabled, Version{3, 31}, "both program"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := sound()
			files["mode.yaml"] += tt.owner + "\n"
			files["calico/pool.yaml"] = strings.Replace(files["calico/pool.yaml"], "ipipMode: Never", tt.pool, 1)
			delete(files, "calico/felix.yaml")
			if tt.configuration != "" {
				files["calico/felix.yaml"] = tt.configuration
			}
			m, err := load(files)
			if err != nil {
				t.Fatal(err)
			}
			err = m.CheckOwner(tt.version)
			switch {
			case tt.wrong == "" && err != nil:
				t.Error(err)
			case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong) || !strings.HasPrefix(err.Error(), "modes/sound/calico/pool.yaml:5: IPPool pool: ")):
				t.Errorf("got %v, want %q", err, tt.wrong)
			}
		})
	}
}

func TestRejectedTunnels(t *testing.T) {
	for version, tunl0 := range map[Version]bool{{3, 31}: false, {3, 32}: false, {3, 33}: true} {
		got := RejectedTunnels(version)
		if slices.Contains(got, IPIP.Device()) != tunl0 || !slices.Contains(got, VXLAN.Device()) {
			t.Errorf("%s: got %v", version, got)
		}
	}
}

func TestWithRouteOwner(t *testing.T) {
	const other = "10s"
	mode := func(ipip v3.IPIPMode) *Mode {
		return &Mode{RouteOwner: FelixOwns, Resources: Resources{
			IPPools: []v3.IPPool{{ObjectMeta: metav1.ObjectMeta{Name: "pool"}, Spec: v3.IPPoolSpec{IPIPMode: ipip}}},
			FelixConfigurations: []v3.FelixConfiguration{{
				ObjectMeta: metav1.ObjectMeta{Name: defaultConfiguration},
				Spec:       v3.FelixConfigurationSpec{ProgramClusterRoutes: new(routesEnabled), LogSeverityScreen: other},
			}},
		}}
	}
	felix := mode(v3.IPIPModeAlways)
	bird, err := felix.WithRouteOwner(BIRDOwns)
	if err != nil {
		t.Fatal(err)
	}
	if err := bird.CheckOwner(Version{3, 31}); err != nil || bird.RouteOwner != BIRDOwns {
		t.Errorf("got owner %s, %v", bird.RouteOwner, err)
	}
	if err := felix.CheckOwner(Version{3, 31}); err != nil {
		t.Errorf("the mode itself has changed: %v", err)
	}
	if got, _ := bird.Resources.FelixConfiguration(); got.Spec.LogSeverityScreen != other {
		t.Error("another setting is lost")
	}
	back, err := bird.WithRouteOwner(FelixOwns)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.CheckOwner(Version{3, 31}); err != nil {
		t.Errorf("back: %v", err)
	}
	bare := mode(v3.IPIPModeAlways)
	bare.RouteOwner, bare.Resources.FelixConfigurations = BIRDOwns, nil
	if made, err := bare.WithRouteOwner(FelixOwns); err != nil || made.CheckOwner(Version{3, 31}) != nil {
		t.Errorf("without a FelixConfiguration: %v", err)
	}
	if same, err := felix.WithRouteOwner(""); err != nil || same != felix {
		t.Errorf("nobody asked: %v, %v", same, err)
	}
	if _, err := mode(v3.IPIPModeNever).WithRouteOwner(BIRDOwns); err == nil || !strings.Contains(err.Error(), "is for modes with IPIP") {
		t.Errorf("without IPIP: %v", err)
	}
}
