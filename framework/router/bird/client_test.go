package bird

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded reads what the control socket of BIRD 1.6.8 (Debian) said, greeting
// left out.
func recorded(t *testing.T, name string) string {
	t.Helper()
	answer, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// playBIRD is a client of a BIRD that knows the given commands' answers and says
// nothing to others.
func playBIRD(t *testing.T, answers map[string]string) *Client {
	t.Helper()
	return playBIRDBy(t, func(command string) string { return answers[command] })
}

// playBIRDBy is a client of a BIRD that answers as answer says.
func playBIRDBy(t *testing.T, answer func(command string) string) *Client {
	t.Helper()
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		if network != "unix" || address != "/bird.ctl" {
			return nil, fmt.Errorf("dialed %s %s", network, address)
		}
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = fmt.Fprint(server, "0001 BIRD 1.6.8 ready.\n")
			for lines := bufio.NewScanner(server); lines.Scan(); {
				_, _ = fmt.Fprint(server, answer(lines.Text()))
			}
		}()
		t.Cleanup(func() {
			_ = server.Close()
			<-done
		})
		return client, nil
	}
	client, err := Dial(t.Context(), dial, "/bird.ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestCommand(t *testing.T) {
	client := playBIRD(t, map[string]string{
		"show status": recorded(t, "mesh-status.txt"),
	})
	want := []Reply{
		{1000, "BIRD 1.6.8"},
		{1011, "Router ID is 10.1.9.10"},
		{1011, "Current server time is 2026-11-24 03:54:01"},
		{1011, "Last reboot on 2026-11-24 03:53:16"},
		{1011, "Last reconfiguration on 2026-11-24 03:53:51"},
		{24, "Graceful restart recovery in progress"},
		{24, "  Waiting for 4 protocols to recover"},
		{24, "  Wait timer is 195/240"},
		{13, "Daemon is up and running"},
	}
	// The second time shows that the first left nothing behind.
	for range 2 {
		got, err := client.Command(t.Context(), "show status")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%v\nwant\n%v", got, want)
		}
	}
}

func TestCommandErrors(t *testing.T) {
	tests := []struct {
		name, command, answer string
		want                  []string
		refused               bool
	}{
		{"refused", "show protocols all nope", "9002 nope is not a protocol\n",
			[]string{`"show protocols all nope"`, "9002 nope is not a protocol"}, true},
		{"refused after other lines", "configure",
			"0002-Reading configuration from /etc/bird.cfg\n8002 /etc/bird.cfg:2:10 syntax error\n",
			[]string{`"configure"`, "8002 /etc/bird.cfg:2:10 syntax error"}, true},
		{"not BIRD", "show status", "SSH-2.0-OpenSSH\n", []string{`"show status"`, "reply code", "SSH"}, false},
		{"short line", "show status", "000\n", []string{"reply code"}, false},
		{"two commands", "show status\nconfigure", "", []string{"not one BIRD command"}, false},
		{"no command", "", "", []string{"not one BIRD command"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := playBIRD(t, map[string]string{tt.command: tt.answer}).Command(t.Context(), tt.command)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			var refusal *Error
			if errors.As(err, &refusal) != tt.refused {
				t.Errorf("error of type %T", err)
			}
		})
	}
}

// TestRefusalKeepsConnection: a refused command ends with its answer.
func TestRefusalKeepsConnection(t *testing.T) {
	client := playBIRD(t, map[string]string{
		"nonsense":    "9001 syntax error\n",
		"show status": recorded(t, "client-status.txt"),
	})
	if _, err := client.Command(t.Context(), "nonsense"); err == nil {
		t.Fatal("no error")
	}
	if _, err := client.Command(t.Context(), "show status"); err != nil {
		t.Error(err)
	}
}

func TestCommandEndsWithContext(t *testing.T) {
	client := playBIRD(t, map[string]string{"show route all": "1007-10.0.0.0/8 blackhole [static1 03:48:28] * (200)\n"})
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	_, err := client.Command(ctx, "show route all")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// The rest of the first answer would come now.
	if _, err := client.Command(t.Context(), "show route all"); err == nil {
		t.Error("the connection is still in use")
	}
}

func TestDialErrors(t *testing.T) {
	tests := []struct {
		name string
		dial func(context.Context, string, string) (net.Conn, error)
	}{
		{"no socket", func(context.Context, string, string) (net.Conn, error) { return nil, os.ErrNotExist }},
		{"no greeting", func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			return client, server.Close()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Dial(t.Context(), tt.dial, "/var/run/calico/bird.ctl")
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), "/var/run/calico/bird.ctl") {
				t.Errorf("error %q does not name the socket", err)
			}
		})
	}
}
