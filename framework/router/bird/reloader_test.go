package bird

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/route"
)

// reloaderIn is a Reloader with everything in one folder, and files that are there.
func reloaderIn(t *testing.T, alive func() bool) Reloader {
	t.Helper()
	folder := t.TempDir()
	r := Reloader{Instance{Socket: filepath.Join(folder, "bird.ctl"), Record: filepath.Join(folder, "bird-reload.json")}, alive}
	for i, name := range []string{"bird.cfg", "bird_aggr.cfg", "bird_ipam.cfg"} {
		r.Files[i] = filepath.Join(folder, name)
		if err := os.WriteFile(r.Files[i], []byte("# "+name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// serve serves a socket as BIRD does, and answers commands as answer says; an empty
// answer ends the connection.
func serve(t *testing.T, socket string, answer func(command string) string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprint(conn, "0001 BIRD 1.6.8 ready.\n")
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				text := answer(lines.Text())
				if text == "" {
					break
				}
				_, _ = fmt.Fprint(conn, text)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
}

// recordOf reads the record that a Reloader has written.
func recordOf(t *testing.T, r Reloader) Reload {
	t.Helper()
	data, err := os.ReadFile(r.Record)
	if err != nil {
		t.Fatal(err)
	}
	reload, err := ReadReload(data)
	if err != nil {
		t.Fatal(err)
	}
	return reload
}

func digestOf(t *testing.T, r Reloader) string {
	t.Helper()
	digest, err := r.digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestReload(t *testing.T) {
	tests := []struct {
		name, answer string
		failure      string
		refused      bool
	}{
		{name: "done", answer: reading + "0003 Reconfigured\n"},
		{name: "refused", answer: reading + "8002 bird_aggr.cfg:9:3 syntax error\n", failure: "bird_aggr.cfg:9:3 syntax error", refused: true},
		{name: "on its way down", answer: reading + "0006 Reconfiguration ignored, shutting down\n", failure: "shutting down"},
		{name: "no answer", answer: "", failure: "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reloaderIn(t, func() bool { return true })
			serve(t, r.Socket, func(string) string { return tt.answer })
			began := time.Now()
			err := r.Reload(t.Context())
			if (err == nil) != (tt.failure == "") || err != nil && !strings.Contains(err.Error(), tt.failure) {
				t.Errorf("got %v, want it to say %q", err, tt.failure)
			}
			if refusal := (*Error)(nil); errors.As(err, &refusal) != tt.refused {
				t.Errorf("got an error of type %T", err)
			}
			got := recordOf(t, r)
			if got.Files != digestOf(t, r) || got.Time.Before(began.Round(0)) || (got.Error == "") != (tt.failure == "") || !strings.Contains(got.Error, tt.failure) {
				t.Errorf("recorded %+v", got)
			}
		})
	}
}

// TestReloadWaitsForBIRD: a BIRD that starts has a process before it has a socket.
func TestReloadWaitsForBIRD(t *testing.T) {
	var looks atomic.Int32
	var r Reloader
	r = reloaderIn(t, func() bool {
		if looks.Add(1) == 2 {
			serve(t, r.Socket, func(string) string { return "0003 Reconfigured\n" })
		}
		return true
	})
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if recordOf(t, r).Error != "" || looks.Load() != 2 {
		t.Errorf("recorded %+v after %d looks at the process", recordOf(t, r), looks.Load())
	}
}

// TestReloadOfNoBIRD: where no process is there is nothing to reload and to record.
func TestReloadOfNoBIRD(t *testing.T) {
	tests := []struct {
		name  string
		alive []bool
		serve bool
	}{
		{"none", []bool{false}, false},
		{"it ends while it starts", []bool{true, false}, false},
		{"it ends before it answers", []bool{true, false}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			looks := 0
			r := reloaderIn(t, func() bool { looks++; return tt.alive[min(looks, len(tt.alive))-1] })
			if tt.serve {
				serve(t, r.Socket, func(string) string { return "" })
			}
			if err := r.Reload(t.Context()); !errors.Is(err, ErrNotRunning) {
				t.Errorf("got %v", err)
			}
			if looks != len(tt.alive) {
				t.Errorf("looked %d times for the process, want %d", looks, len(tt.alive))
			}
			if _, err := os.Stat(r.Record); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a record is there (error %v)", err)
			}
		})
	}
}

// TestReloadEndsWithContext: neither a BIRD that never serves its socket nor one that
// does not finish blocks a reload permanently, and both are recorded.
func TestReloadEndsWithContext(t *testing.T) {
	for _, tt := range []struct {
		name string
		says string
		bird func(string) string
	}{
		{"no socket", "serve its socket", nil},
		{"no end", "new configuration", func(command string) string {
			if command == "configure" {
				return reading + "0004 Reconfiguration in progress\n"
			}
			return "1011-Router ID is 10.1.5.1\n0013 Reconfiguration in progress\n"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reloaderIn(t, func() bool { return true })
			if tt.bird != nil {
				serve(t, r.Socket, tt.bird)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := r.Reload(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if got := recordOf(t, r); got.Files != digestOf(t, r) || !strings.Contains(got.Error, tt.says) {
				t.Errorf("recorded %+v", got)
			}
		})
	}
}

// TestReloadRecordsWhatWasAskedFor: files that change while BIRD reads them bring
// another reload, so the record has those from before.
func TestReloadRecordsWhatWasAskedFor(t *testing.T) {
	r := reloaderIn(t, func() bool { return true })
	before := digestOf(t, r)
	serve(t, r.Socket, func(string) string {
		if err := os.WriteFile(r.Files[1], []byte("# changed\n"), 0o644); err != nil {
			t.Error(err)
		}
		return "0003 Reconfigured\n"
	})
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := recordOf(t, r).Files; got != before || got == digestOf(t, r) {
		t.Errorf("recorded files %s, want %s, those from before the change", got, before)
	}
}

// TestReloadsTakeTurns: from the look at the files until the record is written nobody
// else reloads, or an older record could come last.
func TestReloadsTakeTurns(t *testing.T) {
	r := reloaderIn(t, func() bool { return true })
	free := func() bool {
		file, err := os.Open(r.Record + ".lock")
		if err != nil {
			t.Error(err)
			return false
		}
		defer file.Close()
		return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	}
	serve(t, r.Socket, func(string) string {
		if free() {
			t.Error("another reload could begin while BIRD answers")
		}
		return "0003 Reconfigured\n"
	})
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !free() {
		t.Error("no other reload can begin after this one")
	}
}

func TestReloadRecordsAStart(t *testing.T) {
	r := reloaderIn(t, nil)
	// confd has not come to this one yet.
	if err := os.Remove(r.Files[2]); err != nil {
		t.Fatal(err)
	}
	if err := r.Starting(); err != nil {
		t.Fatal(err)
	}
	want := HashConfiguration([]byte("# bird.cfg\n"), []byte("# bird_aggr.cfg\n"), nil)
	if got := recordOf(t, r); got.Error != "" || got.Files != want {
		t.Errorf("recorded %+v, want files %s", got, want)
	}
}

func TestOnNode(t *testing.T) {
	r := OnNode(route.IPv4)
	if r.Record != "/var/run/calico/bird-reload.json" || r.Socket != "/var/run/calico/bird.ctl" || r.Files[1] != "/etc/calico/confd/config/bird_aggr.cfg" {
		t.Errorf("got %+v", r)
	}
	if six := OnNode(route.IPv6); six.Record == r.Record || six.Files[2] != "/etc/calico/confd/config/bird6_ipam.cfg" {
		t.Errorf("for IPv6 got %+v", six)
	}
}
