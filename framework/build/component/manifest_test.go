package component_test

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/build/component"
)

var update = flag.Bool("update", false, "write the sums of the component modules into the manifest")

const sourceRoot = "../../.."

// manifests are those of the source tree, by their files.
func manifests(t *testing.T) map[string]component.Manifest {
	t.Helper()
	images, err := component.LoadImages()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]component.Manifest{
		"../../../fixtures/components/components.yaml": load(t),
		"../../../fixtures/components/images.yaml":     images,
	}
}

func load(t *testing.T) component.Manifest {
	t.Helper()
	manifest, err := component.Load()
	if err != nil {
		t.Fatal(err)
	}
	return manifest
}

func TestManifestHasTheModulesSums(t *testing.T) {
	for path, manifest := range manifests(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		renewed := string(content)
		for _, module := range manifest.Modules {
			sum, err := component.Sum(filepath.Join(sourceRoot, module.Folder), module.Sources...)
			if err != nil {
				t.Fatal(err)
			}
			if module.Sum == sum {
				continue
			}
			if !*update {
				t.Errorf("%s has changed: its sum is %s, the manifest says %s; to renew the manifest: go test ./framework/build/component -update",
					module.Folder, sum, module.Sum)
			}
			// A module's sum follows its folder.
			before, after, _ := strings.Cut(renewed, "folder: "+module.Folder+"\n")
			renewed = before + "folder: " + module.Folder + "\n" + strings.Replace(after, "sum: "+module.Sum, "sum: "+sum, 1)
		}
		if *update {
			if err := os.WriteFile(path, []byte(renewed), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestManifestAgreesWithTheModules(t *testing.T) {
	var modules []component.Module
	for _, manifest := range manifests(t) {
		modules = append(modules, manifest.Modules...)
	}
	for _, module := range modules {
		content, err := os.ReadFile(filepath.Join(sourceRoot, module.Folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		versions := map[string]string{}
		tools := map[string]bool{}
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "require "), "tool "))
			switch {
			case len(fields) == 1:
				tools[fields[0]] = true
			case len(fields) > 1:
				versions[fields[0]] = fields[1]
			}
		}
		for _, program := range module.Programs {
			if program.Package == "." {
				// Rackproof's own, by the module of the component's name.
				if path, want := module.Name, module.Version; !strings.Contains(string(content), "/"+path+" "+want+"\n") {
					t.Errorf("%s: go.mod does not require %s %s", module.Folder, path, want)
				}
				continue
			}
			if !tools[program.Package] {
				t.Errorf("%s: %s's package %s is not among the module's tools", module.Folder, program.Name, program.Package)
			}
			// The module that has the package is the one with the longest path.
			var path string
			for candidate := range versions {
				if strings.HasPrefix(program.Package+"/", candidate+"/") && len(candidate) > len(path) {
					path = candidate
				}
			}
			want := module.Version
			if program.Version != "" {
				want = program.Version
			}
			required := versions[path]
			if strings.HasPrefix(required, "v0.0.0-") {
				// A commit: which release it is stands in the go.mod's comment.
				if line := required + " is the commit of tag " + want + "."; !strings.Contains(string(content), line) {
					t.Errorf("%s: go.mod does not say that %s", module.Folder, line)
				}
			} else if required != want {
				t.Errorf("%s: %s is %s in the manifest, go.mod has %s %s", module.Folder, program.Name, want, path, required)
			}
		}
	}
}

func TestManifestHasEveryNamedProgram(t *testing.T) {
	entries, err := load(t).List(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	listed := map[component.Name]bool{}
	for _, entry := range entries {
		listed[entry.Name] = true
	}
	named := []component.Name{
		component.APIServer, component.ControllerManager, component.Scheduler, component.Proxy, component.Kubectl,
		component.Agnhost, component.Etcd, component.CalicoNode, component.CalicoCNI, component.CalicoIPAM, component.Calicoctl,
		component.ContainerlabDeploy, component.Flanneld, component.HostLocal,
	}
	if got := slices.Sorted(maps.Keys(listed)); !slices.Equal(got, slices.Sorted(slices.Values(named))) {
		t.Errorf("the manifest lists %v, the package names %v", got, named)
	}
}

func TestGroups(t *testing.T) {
	manifest, err := component.Parse("manifest.yaml", "modules:\n"+
		"- {name: m, version: v1.0.0, folder: m, sum: s, programs: [{name: a, package: p}]}\n"+
		"- {name: n, version: v1.0.0, folder: n, sum: s, for: kind, programs: [{name: b, package: q}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		groups []component.Group
		want   int
	}{{nil, 1}, {[]component.Group{component.Kind}, 2}, {[]component.Group{"other"}, 1}} {
		if got := manifest.For(c.groups...).Modules; len(got) != c.want || got[0].Name != "m" {
			t.Errorf("for %v: got %v", c.groups, got)
		}
	}
	_, err = manifest.Locate(t.TempDir())
	missing, ok := errors.AsType[*component.MissingError](err)
	if !ok || missing.For != component.Kind || !strings.Contains(err.Error(), "make kind-components") {
		t.Errorf("in an empty cache: got %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	const module = "modules:\n- {name: m, version: v1.0.0, folder: m, sum: s, "
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "the file is empty"},
		{"an unknown field", module + "programs: [{name: a, package: p}], speed: 3}", "speed"},
		{"no programs", module + "programs: []}", "module m: needs a sum and at least one program"},
		{"a program twice", module + "programs: [{name: a, package: p}, {name: a, package: q}]}", "module m: program a is listed twice"},
		{"an alias that hides a program", module + "programs: [{name: a, package: p}, {name: b, package: q, aliases: [a]}]}", "program a is listed twice"},
		{"a name that is a path", module + "programs: [{name: ../a, package: p}]}", `program "../a"`},
		{"a program without a package", module + "programs: [{name: a}]}", "program a has no package"},
		{"a folder outside of the tree", strings.Replace(module, "folder: m", "folder: ../m", 1) + "programs: [{name: a, package: p}]}", `folder "../m"`},
		{"a source outside of the module", module + "programs: [{name: a, package: .}], sources: [../a.go]}", `source "../a.go"`},
		{"share without files", module + "programs: [{name: a, package: p}], share: [{name: s, module: m, folder: f}]}", "share s needs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := component.Parse("manifest.yaml", c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}
