package labinit

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/router/frr"
	"github.com/rackproof/rackproof/framework/supervisor"
	"github.com/rackproof/rackproof/framework/topology"
)

// newRouterLab is a lab of one router, leaf0, in namespaces of its own.
func newRouterLab(t *testing.T, software topology.Software, needs ...string) (*running, fabric.Router) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes namespaces, which needs root")
	}
	l := &running{hosts: map[string]namespace.Set{}, supervisor: supervisor.New(t.TempDir(), func(supervisor.Status) {})}
	t.Setenv("PATH", SearchPath(l.spec))
	for _, program := range needs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("it is not installed: %v", err)
		}
	}
	var set namespace.Set
	err := namespace.Set{}.Do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return err
		}
		if err := unix.Mount("lab", "/run", "tmpfs", 0, "mode=0755"); err != nil {
			return err
		}
		for _, folder := range []string{bird.ConfigDirectory, bird.StateDirectory, frr.ConfigDirectory, "/run/frr"} {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
			if err := unix.Mount("lab", folder, "tmpfs", 0, "mode=0755"); err != nil {
				return err
			}
		}
		var errNet, errMount error
		set.Net, errNet = os.Open("/proc/thread-self/ns/net")
		set.Mount, errMount = os.Open("/proc/thread-self/ns/mnt")
		return errors.Join(errNet, errMount)
	})
	if err != nil {
		t.Skip("this machine gives no namespaces: ", err)
	}
	t.Cleanup(set.Close)
	l.hosts["leaf0"] = set
	config := fabric.Router{
		Host: "leaf0", Software: software, AS: 65005, RouterID: netip.MustParseAddr("192.0.2.1"),
		Neighbors: []fabric.Neighbor{{Host: "spine0", Address: netip.MustParseAddr("192.0.2.2"), AS: 500}},
	}
	l.routers = map[string]*configured{"leaf0": {config: config}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		for _, program := range l.supervisor.Status() {
			_ = l.supervisor.Stop(ctx, program.Host, program.Name, syscall.SIGKILL)
		}
	})
	return l, config
}

// programsOf are the programs that a router's software needs.
func programsOf(d router.Driver) []string {
	var programs []string
	for _, r := range d.Requirements() {
		programs = append(programs, r.Program)
	}
	return programs
}

func TestAProgramThatEndsIsNotWaitedFor(t *testing.T) {
	l, _ := newRouterLab(t, bird.Name, "sh")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := routerHost{l, "leaf0"}.Start(ctx, router.Program{Name: "bird", Argv: []string{"/bin/sh", "-c", "echo no such interface; exit 3"}, Ready: bird.RouterSocket})
	if err == nil || !strings.Contains(err.Error(), "no such interface") || ctx.Err() != nil {
		t.Errorf("got %v", err)
	}
}

// TestARefusedFileIsAnError has the real programs start with a file that they do not
// accept: BIRD ends once it has made its socket, and bgpd goes on without the line.
func TestARefusedFileIsAnError(t *testing.T) {
	t.Run("BIRD", func(t *testing.T) {
		l, config := newRouterLab(t, bird.Name, "bird")
		if err := router.Start(t.Context(), routerHost{l, "leaf0"}, bird.Driver{}, config); err != nil {
			t.Fatalf("its own file: %v", err)
		}
		if err := l.supervisor.Stop(t.Context(), "leaf0", "bird", syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := l.hosts["leaf0"].WriteFiles(map[string][]byte{bird.RouterConfig: []byte("router id 192.0.2.1;\nnonsense;\n")}, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := l.startAgain(t.Context(), "leaf0", "bird"); err == nil || !strings.Contains(err.Error(), "syntax error") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("FRR", func(t *testing.T) {
		l, config := newRouterLab(t, frr.Name, programsOf(frr.Driver{})...)
		if err := router.Start(t.Context(), routerHost{l, "leaf0"}, frr.Driver{}, config); err != nil {
			t.Fatalf("its own files: %v", err)
		}
		if err := l.supervisor.Stop(t.Context(), "leaf0", "bgpd", syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := l.hosts["leaf0"].WriteFiles(map[string][]byte{"/etc/frr/bgpd.conf": []byte("router bgp 65005\n nonsense\n")}, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := l.startAgain(t.Context(), "leaf0", "bgpd"); err == nil || !strings.Contains(err.Error(), "does not run") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAChangeIsMadeToItsEnd gives a router a change that takes a new start of bgpd, for
// somebody who waits no longer.
func TestAChangeIsMadeToItsEnd(t *testing.T) {
	l, config := newRouterLab(t, frr.Name, programsOf(frr.Driver{})...)
	if err := router.Start(t.Context(), routerHost{l, "leaf0"}, frr.Driver{}, config); err != nil {
		t.Fatalf("its own files: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	after := config.Clone()
	after.AS++
	if err := l.configureRouter(gone, after); err != nil {
		t.Error(err)
	}
	if !l.supervisor.Runs("leaf0", "bgpd") {
		t.Error("bgpd has ended and not started again")
	}
	if got := l.routerPlan()[0].AS; got != after.AS {
		t.Errorf("the router has AS %d, want %d", got, after.AS)
	}
}
