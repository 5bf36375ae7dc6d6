package bird

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// burst is how many changes come, each with a request to reload, before BIRD is at rest.
	burst = 3
	// BIRD misses the last change of every second burst, or of more, if it can miss one:
	// 43 of 100 with twelve other programs on two processors. So signals show it within
	// signalBursts, and reloads would within reloadBursts.
	signalBursts, reloadBursts = 60, 15
)

// startBIRD starts a BIRD in a network namespace of its own, with so many routes that
// it takes some milliseconds to read its files. It has no protocol that touches the
// kernel's routes.
func startBIRD(t *testing.T) (Reloader, *os.Process) {
	t.Helper()
	program, err := exec.LookPath("bird")
	if err != nil {
		t.Skipf("unable: BIRD is not installed: %v", err)
	}
	r := reloaderIn(t, nil)
	var config bytes.Buffer
	fmt.Fprintf(&config, "router id 192.0.2.1;\nprotocol device { }\ninclude %q;\ninclude %q;\nprotocol static many {\n", r.Files[1], r.Files[2])
	for i := range 2000 {
		fmt.Fprintf(&config, "  route 198.18.%d.%d/32 blackhole;\n", i/250, i%250)
	}
	config.WriteString("}\n")
	if err := os.WriteFile(r.Files[0], config.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "-f", "-c", r.Files[0], "-s", r.Socket)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		// Whoever is root in a user namespace may make a network namespace.
		command.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start BIRD in a network namespace of its own: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("BIRD said:\n%s", output.String())
		}
	})
	r.Alive = func() bool {
		select {
		case <-ended:
			return false
		default:
			return true
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	client, err := r.dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_ = client.Close()
	return r, command.Process
}

// marker is the route that a file of a number has.
func marker(i int) string { return fmt.Sprintf("203.0.113.%d/32", i) }

// writeMarker makes a number's route the content of bird_aggr.cfg, as confd writes a
// file: aside, and then in its place.
func writeMarker(r Reloader, i int) error {
	content := fmt.Sprintf("protocol static marker { route %s blackhole; }\n", marker(i))
	aside := r.Files[1] + ".new"
	if err := os.WriteFile(aside, []byte(content), 0o644); err != nil {
		return err
	}
	return os.Rename(aside, r.Files[1])
}

// runs reports whether a BIRD at rest has a number's route.
func runs(ctx context.Context, r Reloader, i int) (bool, error) {
	client, err := Dial(ctx, (&net.Dialer{}).DialContext, r.Socket)
	if err != nil {
		return false, err
	}
	defer client.Close()
	// BIRD obeys a signal from before this command after it at the latest, and before the
	// next one.
	if _, err := client.Status(ctx); err != nil {
		return false, err
	}
	if status, err := client.Status(ctx); err != nil || status.Reconfiguring {
		return false, errors.Join(err, errors.New("BIRD still reconfigures"))
	}
	_, err = client.Command(ctx, "show route "+marker(i))
	if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Reply.Code == codeNoRoute {
		return false, nil
	}
	return err == nil, err
}

// codeNoRoute is BIRD's answer about a prefix that is not in its table.
const codeNoRoute = 8001

// changeInBursts makes so many bursts of changes, or fewer if BIRD misses the last change
// of one. rest returns when all requests of a burst were made.
func changeInBursts(t *testing.T, r Reloader, bursts int, reload, rest func()) (made int, missed bool) {
	t.Helper()
	for made < bursts && !missed {
		for i := range burst {
			if err := writeMarker(r, i); err != nil {
				t.Fatal(err)
			}
			reload()
		}
		rest()
		running, err := runs(t.Context(), r, burst-1)
		if err != nil {
			t.Fatal(err)
		}
		made, missed = made+1, !running
	}
	return made, missed
}

// TestReloadIsNotLost compares reloads with the signals that they stand for: in the
// same bursts of changes BIRD loses a signal, and no reload.
func TestReloadIsNotLost(t *testing.T) {
	r, process := startBIRD(t)
	made, missed := changeInBursts(t, r, signalBursts, func() {
		if err := process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}, func() {})
	if !missed {
		t.Errorf("BIRD obeyed the signals of all %d bursts: either they are too slow to show that a reload is not lost, or this BIRD is not the stock one", made)
	}
	t.Logf("BIRD lost a signal in burst %d", made)

	// Requests do not wait for those before them.
	var requests sync.WaitGroup
	made, missed = changeInBursts(t, r, reloadBursts, func() {
		requests.Go(func() {
			if err := r.Reload(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}, requests.Wait)
	if missed {
		t.Errorf("BIRD missed the last change of burst %d, though its reload ended without an error", made)
	}
	if got := recordOf(t, r); got.Error != "" || got.Files != digestOf(t, r) {
		t.Errorf("at rest the record is %+v, want files %s", got, digestOf(t, r))
	}
}
