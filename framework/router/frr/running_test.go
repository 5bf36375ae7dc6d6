package frr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/router"
)

func TestCompare(t *testing.T) {
	const file = `hostname leaf0
!
router bgp 65005
 ! a remark
 bgp router-id 10.1.5.1
 neighbor 10.1.10.2 remote-as 500
 !
 address-family ipv4 unicast
  neighbor 10.1.10.2 activate
 exit-address-family
exit
`
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{name: "the same"},
		{name: "what the daemon adds", old: "hostname leaf0\n", new: "frr version 8.4.4\nhostname leaf0\nno ip forwarding\n"},
		{name: "a refused line", old: " neighbor 10.1.10.2 remote-as 500\n",
			want: []string{`"router bgp 65005: neighbor 10.1.10.2 remote-as 500" does not run`}},
		{name: "a line in another section", old: "  neighbor 10.1.10.2 activate\n exit-address-family\n", new: " exit-address-family\n neighbor 10.1.10.2 activate\n",
			want: []string{`"router bgp 65005: address-family ipv4 unicast: neighbor 10.1.10.2 activate" does not run`,
				`"router bgp 65005: neighbor 10.1.10.2 activate" runs and is not in the file`}},
		{name: "a line too many", old: "exit\n", new: " neighbor 10.1.12.2 remote-as 800\nexit\n",
			want: []string{`"router bgp 65005: neighbor 10.1.12.2 remote-as 800" runs and is not in the file`}},
		{name: "another hostname", old: "hostname leaf0", new: "hostname leaf1", want: []string{`"hostname leaf0" does not run`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The last one: "exit" ends a section at the end of the text.
			at := strings.LastIndex(file, tt.old)
			err := compare(file, file[:at]+tt.new+file[at+len(tt.old):])
			if (err != nil) != (len(tt.want) > 0) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// realRouter is FRR's real daemons in namespaces of their own.
type realRouter struct {
	namespaces namespace.Set
	daemons    []*exec.Cmd
}

func newRouter(t *testing.T) *realRouter {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("makes namespaces, which needs root")
	}
	if _, err := os.Stat(Driver{}.Programs()[0].Argv[0]); err != nil {
		t.Skipf("FRR is not installed: %v", err)
	}
	r := &realRouter{}
	err := namespace.Set{}.Do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return err
		}
		for _, folder := range []string{ConfigDirectory, StateDirectory} {
			if err := unix.Mount("frr", folder, "tmpfs", 0, "mode=0755"); err != nil {
				return err
			}
		}
		owner, err := user.Lookup(User)
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(owner.Uid)
		gid, _ := strconv.Atoi(owner.Gid)
		if err := os.Chown(StateDirectory, uid, gid); err != nil {
			return err
		}
		var errNet, errMount error
		r.namespaces.Net, errNet = os.Open("/proc/thread-self/ns/net")
		r.namespaces.Mount, errMount = os.Open("/proc/thread-self/ns/mnt")
		return errors.Join(errNet, errMount)
	})
	if err != nil {
		t.Skip("this machine gives no namespaces: ", err)
	}
	t.Cleanup(r.namespaces.Close)
	return r
}

// start starts the daemons with files.
func (r *realRouter) start(t *testing.T, files []router.File) {
	t.Helper()
	content := map[string][]byte{}
	for _, file := range files {
		content[file.Path] = file.Content
	}
	if err := r.namespaces.WriteFiles(content, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, daemon := range (Driver{}).Programs() {
		cmd := exec.Command(daemon.Argv[0], daemon.Argv[1:]...)
		// It does not outlive a test that is killed.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := r.namespaces.Start(cmd); err != nil {
			t.Fatal(err)
		}
		r.daemons = append(r.daemons, cmd)
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := router.Await(ctx, r.dial, daemon, func(context.Context) error { return nil })
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (r *realRouter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return r.namespaces.DialContext(ctx, network, address)
}

func rendered(t *testing.T, r fabric.Router) []router.File {
	t.Helper()
	files, err := Driver{}.Render(r)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestVerify has FRR itself read what is rendered, and then files with a line that it
// refuses: it still starts.
func TestVerify(t *testing.T) {
	for _, want := range []fabric.Router{leaf(), secured()} {
		t.Run(want.Host, func(t *testing.T) {
			r := newRouter(t)
			r.start(t, rendered(t, want))
			if err := (Driver{}).Verify(t.Context(), r.dial, want); err != nil {
				t.Errorf("its own files: %v", err)
			}
			for i := range want.Neighbors {
				other := want.Clone()
				other.Neighbors[i].Password = "other-than-that"
				if err := (Driver{}).Verify(t.Context(), r.dial, other); err == nil || !strings.Contains(err.Error(), "other-than-that") {
					t.Errorf("another password of neighbor %s: %v", other.Neighbors[i].Host, err)
				}
			}
		})
	}
	refused := []struct{ daemon, path, line, refused string }{
		{"bgpd", bgpdConfig, "neighbor 10.1.10.2 solo", "neighbor 10.1.10.2 alone"},
		{"zebra", zebraConfig, "no zebra nexthop kernel enable", "no zebra nexthop kernel enabled"},
	}
	for _, tt := range refused {
		t.Run("a line that "+tt.daemon+" refuses", func(t *testing.T) {
			files := rendered(t, leaf())
			for i, file := range files {
				if file.Path == tt.path {
					files[i].Content = []byte(strings.Replace(string(file.Content), tt.line+"\n", tt.refused+"\n", 1))
				}
			}
			r := newRouter(t)
			r.start(t, files)
			err := (Driver{}).Verify(t.Context(), r.dial, leaf())
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s\" does not run", tt.line)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestChangesLeadToTheFile has FRR take the lines of Changes: afterwards it runs what it
// would have read from its file.
func TestChangesLeadToTheFile(t *testing.T) {
	changes := []struct {
		name   string
		change func(*fabric.Router)
	}{
		{"a password", func(r *fabric.Router) { r.Neighbors[3].Password = "secret" }},
		{"TTL security", func(r *fabric.Router) { r.Neighbors[0].TTLSecurity = 1 }},
		{"no client", func(r *fabric.Router) { r.Neighbors[2].ReflectorClient, r.Neighbors[2].NextHopSelf = false, false }},
		{"a neighbor less", func(r *fabric.Router) { r.Neighbors = r.Neighbors[1:] }},
		{"another AS of a neighbor", func(r *fabric.Router) { r.Neighbors[0].AS = 501 }},
		{"another network", func(r *fabric.Router) { r.Networks[1] = netip.MustParsePrefix("10.1.99.0/24") }},
	}
	r := newRouter(t)
	r.start(t, rendered(t, leaf()))
	for _, tt := range changes {
		before, after := leaf(), leaf()
		tt.change(&after)
		// There and back: each change begins with what the one before has left.
		for _, step := range []struct {
			name     string
			from, to fabric.Router
		}{{tt.name, before, after}, {tt.name + " taken back", after, before}} {
			lines, inPlace, err := Changes(step.from, step.to)
			if err != nil || !inPlace {
				t.Fatalf("%s: in place: %v, %v", step.name, inPlace, err)
			}
			if err := (Driver{}).Verify(t.Context(), r.dial, step.to); err == nil || !strings.Contains(err.Error(), "router bgp 65005: ") {
				t.Errorf("%s: got %v before the change", step.name, err)
			}
			if err := Configure(t.Context(), r.dial, lines); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if err := (Driver{}).Verify(t.Context(), r.dial, step.to); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
		}
	}
}

// TestConfigureShowsARefusal has FRR refuse a line.
func TestConfigureShowsARefusal(t *testing.T) {
	r := newRouter(t)
	r.start(t, rendered(t, leaf()))
	err := Configure(t.Context(), r.dial, []string{"router bgp 65005", "neighbor 10.1.10.2 alone"})
	if err == nil || !strings.Contains(err.Error(), `"neighbor 10.1.10.2 alone"`) {
		t.Errorf("got %v", err)
	}
}
