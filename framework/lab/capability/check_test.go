package capability

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/namespace"
)

func TestCheckNamesWhatIsMissing(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "present"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "elsewhere"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	err := Check(t.Context(), Need{
		For: "a test",
		Programs: []Program{
			{Name: "present", Package: "a"}, {Name: "absent", Package: "b"}, {Name: filepath.Join(folder, "present"), Package: "c"},
			{Name: "elsewhere", Package: "d", Folder: other},
		},
		Space: []Space{{folder, 1}, {filepath.Join(folder, "later"), 1 << 62}},
	})
	var failure *Error
	if !errors.As(err, &failure) || len(failure.Problems) != 2 {
		t.Fatalf("got error %v, want two problems", err)
	}
	for i, part := range []string{"program absent ", filepath.Join(folder, "later")} {
		if !strings.Contains(failure.Problems[i].What, part) {
			t.Errorf("problem %q is not about %q", failure.Problems[i].What, part)
		}
	}
}

func TestParseKernel(t *testing.T) {
	for _, c := range []struct {
		release string
		want    Kernel
	}{
		{"6.1.0-18-amd64", Kernel{6, 1}},
		{"5.10", Kernel{5, 10}},
		{"6.12-rc3+", Kernel{6, 12}},
		{"unknown", Kernel{}},
	} {
		t.Run(c.release, func(t *testing.T) {
			got, err := parseKernel(c.release)
			if got != c.want || (err == nil) != (c.want != Kernel{}) {
				t.Errorf("got %v (error %v), want %v", got, err, c.want)
			}
		})
	}
}

// sample is where the process's first thread is: what /proc/self shows.
func sample(t *testing.T, namespace string) uint64 {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Stat("/proc/self/ns/"+namespace, &stat); err != nil {
		t.Fatal(err)
	}
	return stat.Ino
}

func TestFeaturesAreTriedElsewhere(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("makes namespaces, which needs root")
	}
	network, mount := sample(t, "net"), sample(t, "mnt")
	wanted := map[Feature]bool{Veth: true, Bridge: true, VXLAN: true, IPIP: true, Multipath: true, NFTables: true, IPSet: true, Conntrack: true}
	// Often enough for the first thread to be among those that are tried.
	for range 20 {
		absent, err := absentFeatures(t.Context(), wanted)
		if err != nil {
			t.Fatal(err)
		}
		if answer, missing := absent[Namespaces]; missing {
			t.Skip("this machine gives no namespaces: " + answer)
		}
		// A probe that fails for its own mistake would be seen here: no kernel that
		// has namespaces lacks veth.
		if answer, missing := absent[Veth]; missing {
			t.Errorf("no veth: %s", answer)
		}
	}
	if sample(t, "net") != network || sample(t, "mnt") != mount {
		t.Error("the process is in other namespaces than before")
	}
	for _, name := range []string{"veth-a", "path-a", "bridge"} {
		if _, err := os.Stat("/sys/class/net/" + name); err == nil {
			t.Errorf("device %s is on the machine itself", name)
		}
	}
}

func TestAnUnknownExtensionIsAbsent(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("makes namespaces, which needs root")
	}
	var refusal error
	err := namespace.Set{}.Do(func() error {
		if err := enterNewNamespaces(); err != nil {
			return err
		}
		refusal = askExtension(extension{name: "nosuchmatch"})
		return nil
	})
	if err != nil {
		t.Skip("this machine gives no namespaces: ", err)
	}
	if refusal == nil {
		t.Error("the probe finds a match that does not exist")
	}
}
