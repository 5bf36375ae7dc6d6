package calico

import (
	"strings"
	"testing"
)

// The cases follow those of Calico's own parser (libcalico-go/lib/selector).
func TestSelectorMatches(t *testing.T) {
	rack0 := map[string]string{"rack": "rack0"}
	both := map[string]string{"a": "a1", "b": "b1"}
	none := map[string]string{}
	tests := []struct {
		name     string
		selector string
		labels   map[string]string
		want     bool
	}{
		{"empty selects all", "", none, true},
		{"white space selects all", " \t", none, true},
		{"all", "all()", none, true},
		{"all with spaces", " all( ) ", both, true},
		{"not all", "!all()", both, false},
		{"global", "global()", both, true},
		{"equal", "rack == 'rack0'", rack0, true},
		{"equal in double quotes", `rack == "rack0"`, rack0, true},
		{"equal without spaces", "rack=='rack0'", rack0, true},
		{"equal to another", "rack == 'rack1'", rack0, false},
		{"equal without the label", "rack == 'rack0'", none, false},
		{"equal to nothing without the label", "rack == ''", none, false},
		{"not equal", "rack != 'rack1'", rack0, true},
		{"not equal to itself", "rack != 'rack0'", rack0, false},
		{"not equal without the label", "rack != 'rack0'", none, true},
		{"negated equal without the label", "!rack == 'rack0'", none, true},
		{"negated not equal without the label", "! rack != 'rack0'", none, false},
		{"has", "has(rack)", rack0, true},
		{"has with spaces", "has( rack )", rack0, true},
		{"has another", "has(row)", rack0, false},
		{"has not", "!has(row)", rack0, true},
		{"negated twice", "! !has(rack)", rack0, true},
		{"negated three times", "!!! has(rack)", rack0, false},
		{"in", "rack in {'rack1', \"rack0\"}", rack0, true},
		{"in others", "rack in {'rack1', 'rack2'}", rack0, false},
		{"in without the label", "rack in {'rack0'}", none, false},
		{"in nothing", "rack in {}", rack0, false},
		{"in with a last comma", "rack in {'rack0',}", rack0, true},
		{"not in", "rack not in {'rack1'}", rack0, true},
		{"not in itself", "rack not in {'rack0'}", rack0, false},
		{"not in without the label", "rack not in {'rack0'}", none, true},
		{"notin as one word", "rack notin {'rack0'}", rack0, false},
		{"contains", "rack contains 'ck'", rack0, true},
		{"contains not", "rack contains 'row'", rack0, false},
		{"contains without the label", "rack contains ''", none, false},
		{"starts with", "rack starts with 'rack'", rack0, true},
		{"starts with its end", "rack startswith '0'", rack0, false},
		{"ends with", "rack ends with '0'", rack0, true},
		{"ends with its start", "rack endswith 'rack'", rack0, false},
		{"a label with dots and a slash", "kubernetes.io/hostname == 'worker'", map[string]string{"kubernetes.io/hostname": "worker"}, true},
		{"labels named as operators", "in in {'x'} && has == 'y'", map[string]string{"in": "x", "has": "y"}, true},
		{"quote in the other quotes", `a == "'"`, map[string]string{"a": "'"}, true},
		{"and", "a == 'a1' && b == 'b1'", both, true},
		{"and one wrong", "a == 'a1' && b == 'b2'", both, false},
		{"or", "a == 'a2' || b == 'b1'", both, true},
		{"or both wrong", "a == 'a2' || b == 'b2'", both, false},
		{"and binds tighter on the right", "a == 'a1' || a == 'a2' && b == 'b2'", both, true},
		{"and binds tighter on the left", "b == 'b2' && a == 'a2' || a == 'a1'", both, true},
		{"parentheses bind tightest", "(a == 'a1' || a == 'a2') && b == 'b2'", both, false},
		{"negated parentheses", "!(!has(a) || has(c))", both, true},
		{"chain of or", "has(x) || has(y) || has(a)", both, true},
		{"chain of and", "has(a) && has(b) && has(x)", both, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			selector, err := ParseSelector(tt.selector)
			if err != nil {
				t.Fatal(err)
			}
			if got := selector.Matches(tt.labels); got != tt.want {
				t.Errorf("%s matches %v: %v, want %v", selector, tt.labels, got, tt.want)
			}
			if selector.String() != tt.selector {
				t.Errorf("it prints as %q", selector)
			}
		})
	}
}

func TestParseSelectorRejects(t *testing.T) {
	tests := []struct{ name, selector, want string }{
		{"label for a value", "b == b", "expected a value in quotes before \"b\""},
		{"value for a label", "'b1' == b", "expected a label's name"},
		{"bare label", "b", "it ends where an operator"},
		{"two labels", "a b", "expected an operator"},
		{"single equals", "a = 'b'", "expected an operator"},
		{"negation of nothing", "!", "it ends where a label's name"},
		{"single ampersand", `foo == "bar" &`, "expected &&, || or the end"},
		{"single bar", `foo == "bar" |`, "expected &&, || or the end"},
		{"no value", "foo != ||", "expected a value in quotes"},
		{"set not closed", `foo in {"", ||`, "expected a value in quotes"},
		{"set without commas", `foo in {"a" "b"}`, "expected , or }"},
		{"value for a set", `foo in ""`, "expected {"},
		{"quote not closed", `a == "FOO'`, "is not closed"},
		{"parenthesis not closed", `(a == "foo"`, "it ends where )"},
		{"parenthesis not opened", ")", "expected a label's name"},
		{"empty parentheses", "()", "expected a label's name"},
		{"has not closed", "has(a", "it ends where )"},
		{"has of nothing", "has()", "expected a label's name"},
		{"all of something", "all(a)", "expected ) before"},
		{"strange character", `a == "b" && %`, "expected a label's name"},
		{"operator glued to a word", "a contains_b 'c'", "expected an operator"},
		{"ends with and", "has(foo) &&", "it ends where a label's name"},
		{"too deep", strings.Repeat("(", 1000), "parentheses inside each other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseSelector(tt.selector)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzParseSelector(f *testing.F) {
	f.Add("rack == 'rack0' && !(has(a) || b not in {'c', \"d\"})")
	f.Add("a starts with 'b' || all()")
	f.Fuzz(func(_ *testing.T, text string) {
		selector, err := ParseSelector(text)
		if err == nil {
			selector.Matches(map[string]string{"a": "b"})
		}
	})
}
