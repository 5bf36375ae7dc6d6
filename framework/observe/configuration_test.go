package observe

import (
	"strings"
	"testing"
	"time"

	"github.com/rackproof/rackproof/framework/router/bird"
)

func TestStaleByRecord(t *testing.T) {
	files := BIRDConfiguration("router\x00services\x00blocks\x00")
	same := bird.HashConfiguration([]byte("router"), []byte("services"), []byte("blocks"))
	other := bird.HashConfiguration([]byte("router"), []byte("service"), []byte("sblocks"))
	for name, test := range map[string]struct {
		reload bird.Reload
		want   string
	}{
		"read":    {bird.Reload{Files: same}, ""},
		"changed": {bird.Reload{Files: other, Time: time.Now()}, "have changed since"},
		"unread":  {bird.Reload{Files: same, Error: "no answer"}, "no answer"},
		"refused": {bird.Reload{Files: same, Error: "syntax error", Refused: true}, ""},
	} {
		got := staleByRecord(files, test.reload)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
