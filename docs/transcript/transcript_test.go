package transcript

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const document = `# A walk

` + "```yaml\n$ no command\n```" + `

` + "```console" + `
$ echo one

one
$ cat <<E
> two
>
> three
> E
two

three
` + "```" + `

Prose.

` + "```console eventually unordered" + `
$ x=4
$ echo $x
four
` + "```\n"

func TestParse(t *testing.T) {
	blocks, err := Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) != 2 || blocks[0].Eventually || blocks[0].Unordered || !blocks[1].Eventually || !blocks[1].Unordered {
		t.Fatalf("got %+v", blocks)
	}
	want := []Step{
		{Line: 8, Command: "echo one", Output: []string{"", "one"}},
		{Line: 11, Command: "cat <<E\ntwo\n\nthree\nE", Output: []string{"two", "", "three"}},
		{Line: 24, Command: "x=4"},
		{Line: 25, Command: "echo $x", Output: []string{"four"}},
	}
	for i, step := range slices.Concat(blocks[0].Steps, blocks[1].Steps) {
		if step.Line != want[i].Line || step.Command != want[i].Command || !slices.Equal(step.Output, want[i].Output) {
			t.Errorf("step %d: got %+v, want %+v", i, step, want[i])
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"```console\n$ echo":              "line 1: the block has no end",
		"\n```console sometimes\n```":     `line 2: a console block is "sometimes"`,
		"```console\n```":                 "line 1: the console block has no command",
		"```console\noutput\n$ echo\n```": `line 2: "output" comes before`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got error %v, want %q", text, err, says)
		}
	}
}

func TestRenew(t *testing.T) {
	blocks, err := Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	if got := Renew(document, blocks); got != document {
		t.Errorf("nothing is new, and the document is\n%s", got)
	}
	blocks[0].Steps[0].Output = []string{"1"}
	blocks[0].Steps[1].Output = nil
	blocks[1].Steps[0].Output = []string{"new", "lines"}
	want := strings.NewReplacer("\n\none\n", "\n1\n", "> E\ntwo\n\nthree\n", "> E\n", "$ x=4\n", "$ x=4\nnew\nlines\n").Replace(document)
	if got := Renew(document, blocks); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestScript(t *testing.T) {
	blocks, err := Parse(document + "```console\n$ echo no; false\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Printed{
		{{Output: []string{"one"}}, {Output: []string{"two", "", "three"}}},
		{{}, {Output: []string{"4"}}},
		{{Output: []string{"no"}, Status: 1}},
	}
	for i, block := range blocks {
		out, err := exec.Command("bash", "-c", block.Script()).Output()
		if err != nil {
			t.Fatal(err)
		}
		printed, err := block.Split(string(out))
		if err != nil {
			t.Fatal(err)
		}
		for j, got := range printed {
			if got.Status != want[i][j].Status || !slices.Equal(got.Output, want[i][j].Output) {
				t.Errorf("block %d: got %+v, want %+v", i, printed, want[i])
			}
		}
	}
	if _, err := blocks[0].Split("one\n\x1e0\x1e"); err == nil || !strings.Contains(err.Error(), "1 of 2 commands ended") {
		t.Errorf("got error %v", err)
	}
}

func TestCalls(t *testing.T) {
	for command, want := range map[string][][]string{
		"rackproof lab up --name a":                                          {{"lab", "up", "--name", "a"}},
		`rackproof lab exec a -- kubectl get -o 'json={.a[?(@.b=="c")]}'`:    {{"lab", "exec", "a", "--", "kubectl", "get", "-o", `json={.a[?(@.b=="c")]}`}},
		"x=$(rackproof lab list) && echo rackproof":                          {{"lab", "list"}},
		"for n in a b; do rackproof lab exec $n -- ip route | head -1; done": {{"lab", "exec", "$n", "--", "ip", "route"}},
		"rackproof lab exec a -- tee <<E\nrackproof lab down\nE":             {{"lab", "exec", "a", "--", "tee"}},
		"rackproof lab exec a -- tee <file; rackproof lab down":              {{"lab", "exec", "a", "--", "tee"}, {"lab", "down"}},
		"echo 'rackproof lab'":                                               nil,
	} {
		if got := (Step{Command: command}).Calls("rackproof"); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
}
