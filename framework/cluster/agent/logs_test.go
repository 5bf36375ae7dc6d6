package agent

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
)

func TestSeekTail(t *testing.T) {
	long := strings.Repeat("x", 40<<10)
	tests := []struct {
		name, text string
		lines      int64
		want       string
	}{
		{"all", "a\nb\n", -1, "a\nb\n"},
		{"none", "a\nb\n", 0, ""},
		{"last", "a\nb\n", 1, "b\n"},
		{"last without its end", "a\nb", 1, "b"},
		{"as many as there are", "a\nb\n", 2, "a\nb\n"},
		{"more than there are", "a\nb\n", 5, "a\nb\n"},
		{"empty lines count", "a\n\n\n", 2, "\n\n"},
		{"nothing there", "", 3, ""},
		{"longer than a block", "a\n" + long + "\nb\n", 2, long + "\nb\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := strings.NewReader(test.text)
			if err := seekTail(r, test.lines); err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(r); string(got) != test.want {
				t.Errorf("got %d bytes, want %d: %.40q", len(got), len(test.want), got)
			}
		})
	}
}

func TestParseLogOptions(t *testing.T) {
	tests := []struct {
		name, query string
		want        logOptions
		bad         bool
	}{
		{"nothing", "", logOptions{tail: -1, limit: -1}, false},
		{"all", "tailLines=0&limitBytes=7&follow=true&previous=true", logOptions{tail: 0, limit: 7, follow: true, previous: true}, false},
		{"negative", "tailLines=-1", logOptions{}, true},
		{"no number", "limitBytes=x", logOptions{}, true},
		{"no bool", "follow=maybe", logOptions{}, true},
		{"since", "sinceSeconds=5", logOptions{}, true},
		{"timestamps", "timestamps=true", logOptions{}, true},
		{"no timestamps", "timestamps=false", logOptions{tail: -1, limit: -1}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseLogOptions(query)
			if (err != nil) != test.bad {
				t.Fatalf("error %v, want one: %t", err, test.bad)
			}
			if !test.bad && got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLimitWriter(t *testing.T) {
	var out bytes.Buffer
	w := &limitWriter{&out, 5}
	if _, err := w.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write([]byte("defg")); n != 2 || !errors.Is(err, io.EOF) {
		t.Errorf("beyond the limit: got %d, %v, want 2 and io.EOF", n, err)
	}
	if out.String() != "abcde" {
		t.Errorf("got %q, want abcde", out.String())
	}
}

func TestCopyLogFollowsToTheEnd(t *testing.T) {
	ended := make(chan struct{})
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write([]byte("before\n"))
		close(ended)
		_ = w.Close()
	}()
	var out bytes.Buffer
	if err := copyLog(t.Context(), &out, r, ended); err != nil || out.String() != "before\n" {
		t.Errorf("got %q, %v, want everything written before the end", out.String(), err)
	}
}
