package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/lab"
)

var (
	labA    = lab.Listed{Name: "a", Alive: true}
	labB    = lab.Listed{Name: "b", Alive: true}
	labDead = lab.Listed{Name: "dead"}
)

func TestChoose(t *testing.T) {
	cases := []struct {
		name  string
		named string
		known []lab.Listed
		want  string
		says  string
	}{
		{"the only one", "", []lab.Listed{labA}, "a", ""},
		{"the only one that is up", "", []lab.Listed{labDead, labB}, "b", ""},
		{"by name", "b", []lab.Listed{labA, labB}, "b", ""},
		{"none", "", nil, "", "`rackproof lab up`"},
		{"only a dead one", "", []lab.Listed{labDead}, "", "no lab is up"},
		{"several", "", []lab.Listed{labA, labB}, "", "choose one of a, b by --name"},
		{"an unknown name", "c", []lab.Listed{labA, labDead}, "", "lab c is not up: choose one of a"},
		{"a dead one by name", "dead", []lab.Listed{labDead}, "", "lab dead is dead: its logs are in "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := choose(c.named, c.known)
			if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q and error %v, want %q and an error with %q", got, err, c.want, c.says)
			}
		})
	}
}

func TestToRemove(t *testing.T) {
	cases := []struct {
		name  string
		named []string
		all   bool
		known []lab.Listed
		want  []string
		says  string
	}{
		{"the only one", nil, false, []lab.Listed{labA, labDead}, []string{"a"}, ""},
		{"which of two?", nil, false, []lab.Listed{labA, labB}, nil, "choose one of a, b"},
		{"by name, once each", []string{"b", "a", "b"}, false, []lab.Listed{labA, labB}, []string{"a", "b"}, ""},
		{"a dead one by name", []string{"dead"}, false, []lab.Listed{labA, labDead}, []string{"dead"}, ""},
		{"an unknown one", []string{"a", "c"}, false, []lab.Listed{labA}, nil, "no lab c"},
		{"all, dead ones too", nil, true, []lab.Listed{labA, labDead}, []string{"a", "dead"}, ""},
		{"all of none", nil, true, nil, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			chosen, err := toRemove(c.named, c.all, c.known)
			var got []string
			for _, one := range chosen {
				got = append(got, one.Name)
			}
			if !slices.Equal(got, c.want) || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v and error %v, want %v and an error with %q", got, err, c.want, c.says)
			}
		})
	}
}
