package component

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		name string
		live bool
		want string
	}{
		{
			name: "a log",
			want: "" +
				"[ 1/10] etcd v3: building\n" +
				"[ 1/10] etcd v3: building for 15s (15s in all)\n" +
				"[ 1/10] etcd v3: built in 20s\n" +
				"[ 2/10] kubectl v1: building\n" +
				"[ 2/10] kubectl v1: failed after 10s\n",
		},
		{
			name: "a terminal",
			live: true,
			want: "" +
				"\r\x1b[K[ 1/10] etcd v3: building" +
				"\r\x1b[K[ 1/10] etcd v3: building for 15s (15s in all)" +
				"\r\x1b[K[ 1/10] etcd v3: built in 20s\n" +
				"\r\x1b[K[ 2/10] kubectl v1: building" +
				"\r\x1b[K[ 2/10] kubectl v1: failed after 10s\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var written bytes.Buffer
				p := newProgress(&written)
				p.live, p.total = c.live, 10
				work := func(duration time.Duration, err error) func() error {
					return func() error { time.Sleep(duration); return err }
				}
				if err := p.step("etcd v3", work(20*time.Second, nil)); err != nil {
					t.Error(err)
				}
				failure := errors.New("no compiler")
				if err := p.step("kubectl v1", work(10*time.Second, failure)); !errors.Is(err, failure) {
					t.Errorf("got error %v, want %v", err, failure)
				}
				if written.String() != c.want {
					t.Errorf("got\n%q\nwant\n%q", written.String(), c.want)
				}
			})
		})
	}
}
