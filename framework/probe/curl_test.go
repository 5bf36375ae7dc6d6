package probe

import (
	"context"
	"io"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// hereLab runs commands where the test runs.
type hereLab struct{ lab.Lab }

func (hereLab) Exec(ctx context.Context, _ string, argv []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return lab.ExitStatus(cmd)
}

// TestCurlStatus compares the program's status with that of Curl.
func TestCurlStatus(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl on this machine: make packages")
	}
	const within = 300 * time.Millisecond
	_, mute := listener(t)
	gone, refusing := listener(t)
	_ = gone.Close()
	for name, to := range map[string]netip.AddrPort{"a server": netexec(t, "pod"), "nobody listens": refusing, "nobody says anything": mute} {
		reply, err := Curl(t.Context(), here{}, to, within)
		if err != nil {
			t.Fatal(err)
		}
		if status, err := CurlStatus(t.Context(), hereLab{}, "here", to, within); err != nil || status != reply.Outcome.Exit() {
			t.Errorf("%s: curl ends with %d, %v, and Curl with %d", name, status, err, reply.Outcome.Exit())
		}
	}
}
