package launch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The answers are those of kube-proxy v1.34: while it starts, and when it has written its rules.
func TestHasWritten(t *testing.T) {
	for _, c := range []struct{ name, answer, want string }{
		{"no rules yet", `{"lastUpdated":"2026-11-30T20:00:00Z","currentTime":"2026-11-30T20:00:00Z","nodeEligible":true,"healthy":true}`, "no rules for IPv4 yet"},
		{"rules for IPv6 alone", `{"healthy":true,"status":{"IPv6":{"lastUpdated":"2026-11-30T20:00:00Z","healthy":true}}}`, "no rules for IPv4 yet"},
		{"rules", `{"healthy":true,"status":{"IPv4":{"lastUpdated":"2026-11-30T20:00:00Z","healthy":true}}}`, ""},
		{"another program", "hello", "invalid character"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, c.answer) }))
			defer server.Close()
			err := hasWritten(t.Context(), server.Client(), server.URL)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
