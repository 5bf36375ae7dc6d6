package component

import (
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/diskspace"
)

func TestFits(t *testing.T) {
	demands := []demand{
		{"go's build cache", "/home/go-build", 6e9},
		{"go's module cache", "/home/mod", 2e9},
		{"the programs", "/cache", 1e9},
	}
	one := func(free uint64) map[string]diskspace.Space {
		space := diskspace.Space{Device: 1, Free: free}
		return map[string]diskspace.Space{"/home/go-build": space, "/home/mod": space, "/cache": space}
	}
	for _, c := range []struct {
		name   string
		spaces map[string]diskspace.Space
		want   []string
	}{
		{"one file system with just enough", one(9e9), nil},
		{"one file system with too little", one(8_900_000_000), []string{"8.9 GB free", "about 9.0 GB needed", "in /cache"}},
		{
			"enough in each of two",
			map[string]diskspace.Space{"/home/go-build": {Device: 1, Free: 8e9}, "/home/mod": {Device: 1, Free: 8e9}, "/cache": {Device: 2, Free: 1e9}},
			nil,
		},
		{
			"the second of two is full",
			map[string]diskspace.Space{"/home/go-build": {Device: 1, Free: 8e9}, "/home/mod": {Device: 1, Free: 8e9}, "/cache": {Device: 2, Free: 5e8}},
			[]string{"500 MB free", "about 1.0 GB needed", "in /cache"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := fits(demands, func(path string) (diskspace.Space, error) { return c.spaces[path], nil })
			if (err == nil) != (c.want == nil) {
				t.Fatalf("got error %v", err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q has no %q", err, part)
				}
			}
		})
	}
}
