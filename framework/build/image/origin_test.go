package image

import "testing"

func TestParseTargets(t *testing.T) {
	targets := `Packages http://example.org/debian bookworm main
DEP-11 http://example.org/debian bookworm main
Packages http://example.org/debian bookworm contrib
Packages http://example.org/debian bookworm-updates main
Packages http://example.org/debian-security bookworm-security main
Packages http://other.example.org/apt stable main
Packages http://example.org/debian bookworm universe
`
	found := parseTargets("bookworm", targets)
	want := `deb http://example.org/debian bookworm main universe
deb http://example.org/debian bookworm-updates main
deb http://example.org/debian-security bookworm-security main
`
	if got := found.sources(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := found.mirror(); got != "http://example.org/debian" {
		t.Errorf("the mirror is %s", got)
	}
	if none := parseTargets("trixie", targets); len(none.parts) != 0 || none.mirror() != "" {
		t.Errorf("for another release: %+v", none)
	}
}

func TestCodename(t *testing.T) {
	if got := codename("ID=debian\nVERSION_CODENAME=bookworm\n"); got != "bookworm" {
		t.Errorf("got %q", got)
	}
	if got := codename("VERSION_CODENAME=\"noble\"\n"); got != "noble" {
		t.Errorf("got %q", got)
	}
	if got := codename("ID=alpine\n"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestParsePackages(t *testing.T) {
	list, err := parsePackages("zlib1g\t1:1.2\nbird\t1.6.8\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0] != (Version{"bird", "1.6.8"}) {
		t.Errorf("got %v", list)
	}
	if _, err := parsePackages("bird 1.6.8\n"); err == nil {
		t.Error("no error for a line without a version")
	}
}
