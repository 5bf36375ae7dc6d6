package bird

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	tests := []struct {
		name, file string
		want       Status
	}{
		{"waiting for absent peers after a restart", "mesh-status.txt", Status{
			Version:             "1.6.8",
			RouterID:            netip.MustParseAddr("10.1.9.10"),
			LastReconfiguration: time.Date(2026, 11, 24, 3, 53, 51, 0, time.Local),
			Recovery:            "Graceful restart recovery in progress; Waiting for 4 protocols to recover; Wait timer is 195/240",
		}},
		{"at rest", "client-status.txt", Status{
			Version:             "1.6.8",
			RouterID:            netip.MustParseAddr("10.1.5.10"),
			LastReconfiguration: time.Date(2026, 11, 24, 3, 52, 19, 0, time.Local),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := playBIRD(t, map[string]string{"show status": recorded(t, tt.file)}).Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got\n%+v\nwant\n%+v", got, tt.want)
			}
		})
	}
}

func TestStatusWhileReconfiguring(t *testing.T) {
	answer := strings.Replace(recorded(t, "client-status.txt"), "Daemon is up and running", "Reconfiguration in progress", 1)
	got, err := playBIRD(t, map[string]string{"show status": answer}).Status(t.Context())
	if err != nil || !got.Reconfiguring {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStatusRefuses(t *testing.T) {
	tests := []struct {
		name, answer string
	}{
		{"no router ID", "1000-BIRD 1.6.8\n0013 Daemon is up and running\n"},
		{"router ID is no address", "1011-Router ID is here\n0013 Daemon is up and running\n"},
		{"time in another format", "1011-Router ID is 10.1.9.10\n Last reconfiguration on 24.11.2026\n0013 Daemon is up and running\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := playBIRD(t, map[string]string{"show status": tt.answer}).Status(t.Context())
			if err == nil {
				t.Errorf("no error, but %+v", got)
			}
		})
	}
}
