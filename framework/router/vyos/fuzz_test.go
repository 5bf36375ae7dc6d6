package vyos

import (
	"reflect"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
)

// FuzzRead: whatever the file, reading does not panic, an error names a line, and
// what is accepted comes back from rendering unchanged.
func FuzzRead(f *testing.F) {
	files, err := fixtures.BootConfigurations()
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range files {
		f.Add(data)
	}
	for seed := range uint64(8) {
		data, err := Render(generate(seed))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(full))
	f.Fuzz(func(t *testing.T, data []byte) {
		boot, err := Read("fuzz.boot", data)
		if (boot == nil) == (err == nil) {
			t.Fatalf("%v with error %v", boot, err)
		}
		if err != nil {
			checkMessages(t, "fuzz.boot", data, err)
			return
		}
		readBack(t, boot.Config)
	})
}

// FuzzReadRendered: what can be rendered is read back unchanged, and what cannot
// is refused.
func FuzzReadRendered(f *testing.F) {
	f.Add(uint64(1), "leaf0", "spine0", `p"a\ss'w{o}rd/*`, 9000, 1, uint32(65005))
	f.Add(uint64(2), "", "", "", 1500, 0, uint32(0))
	f.Add(uint64(3), "a b", "x\n", "ü", 0, 255, uint32(4294967295))
	f.Fuzz(func(t *testing.T, seed uint64, host, neighbor, password string, mtu, hops int, as uint32) {
		c := generate(seed)
		c.Router.Host = host
		for i := range c.Interfaces {
			c.Interfaces[i].MTU = mtu
		}
		for i := range c.Router.Neighbors {
			n := &c.Router.Neighbors[i]
			n.Host, n.Password, n.TTLSecurity, n.AS = neighbor, password, hops, as
		}
		if _, err := Render(c); err == nil {
			readBack(t, c)
		}
	})
}

// FuzzImport: whatever is in the files of a leaf and a spine, importing them does
// not panic, and it finds a fault before the loader finds it in a file that the user
// never saw.
func FuzzImport(f *testing.F) {
	files, err := fixtures.BootConfigurations()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(files["leaf0.boot"], files["spine0.boot"])
	f.Add(files["leaf0.boot"], files["leaf1.boot"])
	f.Add([]byte(full), files["spine1.boot"])
	f.Fuzz(func(t *testing.T, leaf, spine []byte) {
		var boots []*Boot
		for file, data := range map[string][]byte{"leaf0.boot": leaf, "spine0.boot": spine} {
			boot, err := Read(file, data)
			if err != nil {
				return
			}
			boots = append(boots, boot)
		}
		imported, err := Import(boots, DefaultOptions())
		switch {
		case err != nil && strings.Contains(err.Error(), "no topology can be made"):
			t.Fatal(err)
		case err == nil && (len(imported.Topology.Nodes()) == 0 && len(imported.Topology.Links) == 0):
			t.Fatalf("empty:\n%s", imported.YAML)
		}
	})
}

// readBack renders a configuration, reads it, and wants it unchanged.
func readBack(t *testing.T, want Config) {
	t.Helper()
	data, err := Render(want)
	if err != nil {
		t.Fatalf("render %+v: %v", want, err)
	}
	got, err := Read("rendered.boot", data)
	if err != nil {
		t.Fatalf("read what was rendered: %v\n%s", err, data)
	}
	if !reflect.DeepEqual(got.Config, want) {
		t.Fatalf("got\n%+v\nwant\n%+v\nfrom\n%s", got.Config, want, data)
	}
	if len(got.Remarks()) > 0 {
		t.Fatalf("remarks on what was rendered: %q\n%s", got.Remarks(), data)
	}
}
