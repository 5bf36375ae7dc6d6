package bird

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// reading is how BIRD 1.6.8 begins its answer to `configure`.
const reading = "0002-Reading configuration from /etc/bird/bird.conf\n"

func TestConfigure(t *testing.T) {
	const status = "1000-BIRD 1.6.8\n1011-Router ID is 10.1.5.1\n"
	tests := []struct {
		name    string
		answers []string
		failure string
	}{
		{name: "at once", answers: []string{reading + "0003 Reconfigured\n"}},
		{name: "after sessions have ended", answers: []string{
			reading + "0004 Reconfiguration in progress\n",
			status + "0013 Reconfiguration in progress\n",
			status + "0013 Daemon is up and running\n",
		}},
		{name: "after another change", answers: []string{
			reading + "0005 Reconfiguration already in progress, queueing new config\n",
			status + "0013 Reconfiguration in progress\n",
			status + "0013 Daemon is up and running\n",
		}},
		{name: "a file that it does not take", answers: []string{reading + "8002 /etc/bird/bird.conf:9:3 syntax error\n"}, failure: "bird.conf:9:3 syntax error"},
		{name: "on its way down", answers: []string{reading + "0006 Reconfiguration ignored, shutting down\n"}, failure: "0006 Reconfiguration ignored"},
		{name: "no word", answers: []string{"0000 \n"}, failure: "it answers 0000"},
		{name: "no status while it waits", answers: []string{reading + "0004 Reconfiguration in progress\n", "0013 Reconfiguration in progress\n"}, failure: "router ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			client := playBIRDBy(t, func(command string) string {
				if want := []string{"configure", "show status"}[min(asked, 1)]; command != want || asked >= len(tt.answers) {
					t.Errorf("asked %q as number %d", command, asked)
					return "9001 syntax error\n"
				}
				asked++
				return tt.answers[asked-1]
			})
			err := client.Configure(t.Context())
			if (err == nil) != (tt.failure == "") || err != nil && !strings.Contains(err.Error(), tt.failure) {
				t.Errorf("got %v, want it to say %q", err, tt.failure)
			}
			if asked != len(tt.answers) {
				t.Errorf("asked %d times, want %d", asked, len(tt.answers))
			}
		})
	}
}

func TestConfigureEndsWithContext(t *testing.T) {
	client := playBIRDBy(t, func(command string) string {
		if command == "configure" {
			return reading + "0004 Reconfiguration in progress\n"
		}
		return "1011-Router ID is 10.1.5.1\n0013 Reconfiguration in progress\n"
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := client.Configure(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
