package frr

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// playBGPd answers one command as bgpd does.
func playBGPd(t *testing.T, answer string) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	return func(_ context.Context, network, address string) (net.Conn, error) {
		if network != "unix" || address != bgpdSocket {
			t.Errorf("dialled %s %s", network, address)
		}
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			if command, err := bufio.NewReader(server).ReadString(0); err != nil || command != "show version\x00" {
				t.Errorf("asked %q, %v", command, err)
			}
			_, _ = server.Write([]byte(answer))
		}()
		return client, nil
	}
}

func TestQuery(t *testing.T) {
	tests := []struct {
		name, answer, want, failure string
	}{
		{name: "an answer", answer: "{\"a\":1}\n\x00\x00\x00\x00", want: "{\"a\":1}\n"},
		{name: "an empty answer", answer: "\x00\x00\x00\x00", want: ""},
		{name: "an unknown command", answer: "% Unknown command: show version\n\x00\x00\x00\x02", failure: "status 2: % Unknown command"},
		{name: "bgpd ends in the middle", answer: "{\"a\":", failure: "ends after 5 bytes"},
		{name: "bgpd ends before the status", answer: "{}\x00\x00\x00", failure: "no status"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Query(t.Context(), playBGPd(t, test.answer), "show version")
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Errorf("got %v, want it to say %q", err, test.failure)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestQueryEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	silent := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		t.Cleanup(func() { _ = server.Close() })
		go func() { _, _ = bufio.NewReader(server).ReadString(0) }()
		return client, nil
	}
	if _, err := Query(ctx, silent, "show version"); err == nil {
		t.Error("a bgpd that does not answer is waited for without end")
	}
}
