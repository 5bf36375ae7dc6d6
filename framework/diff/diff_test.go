package diff

import (
	"cmp"
	"testing"
)

// row is a value of a key.
type row struct{ key, value string }

func (r row) String() string         { return r.key + "=" + r.value }
func (r row) Corresponds(o row) bool { return r.key == o.key }
func (r row) Compare(o row) int {
	return cmp.Or(cmp.Compare(r.key, o.key), cmp.Compare(r.value, o.value))
}

func TestCompareRows(t *testing.T) {
	a1, a2, a3, b1, c1 := row{"a", "1"}, row{"a", "2"}, row{"a", "3"}, row{"b", "1"}, row{"c", "1"}
	tests := []struct {
		name      string
		want, got []row
		expected  string
	}{
		{"the same in another order", []row{a1, b1, a2}, []row{a2, a1, b1}, ""},
		{"nothing at all", nil, []row{}, ""},
		{"missing", []row{a1, b1, c1}, []row{b1}, "- missing     a=1\n- missing     c=1"},
		{"unexpected", []row{b1}, []row{c1, b1, a1}, "+ unexpected  a=1\n+ unexpected  c=1"},
		{"changed", []row{a1, b1}, []row{b1, a2}, "~ expected    a=1\n  got         a=2"},
		{"a second row beside the right one", []row{a1}, []row{a1, a2}, "+ unexpected  a=2"},
		{"the right one after a wrong one", []row{a2}, []row{a1, a2}, "+ unexpected  a=1"},
		{"the same row twice", []row{a1}, []row{a1, a1}, "+ unexpected  a=1"},
		{"two changes of one key", []row{a1, a2}, []row{a3}, "- missing     a=2\n~ expected    a=1\n  got         a=3"},
		{"all three", []row{a1, b1}, []row{a2, c1}, "- missing     b=1\n+ unexpected  c=1\n~ expected    a=1\n  got         a=2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := CompareRows(test.want, test.got)
			if d.String() != test.expected || d.Empty() != (test.expected == "") {
				t.Errorf("got:\n%s\nwant:\n%s", d, test.expected)
			}
		})
	}
}

func TestCompareSeesHostsOfBothSides(t *testing.T) {
	one, other := []row{{"a", "1"}}, []row{{"a", "2"}, {"b", "1"}}
	want := map[string][]row{"same": one, "gone": one, "empty": nil, "changed": one}
	got := map[string][]row{"same": one, "new": one, "changed": other}
	const expected = "changed:\n  + unexpected  b=1\n  ~ expected    a=1\n    got         a=2\n" +
		"gone:\n  - missing     a=1\nnew:\n  + unexpected  a=1\n"
	if text := Compare(want, got).String(); text != expected {
		t.Errorf("got:\n%s\nwant:\n%s", text, expected)
	}
	if d := Compare(nil, want); len(d) != 3 || len(want) != 4 {
		t.Errorf("nothing expected: got %v of %d hosts", d, len(want))
	}
	if count := Count(got); count != 4 {
		t.Errorf("counted %d rows, want 4", count)
	}
}
