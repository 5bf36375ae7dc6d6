package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// origin is where the distribution's packages come from: the servers that this
// machine's apt is configured with.
type origin struct {
	// suite is the release's code name, as bookworm.
	suite string
	parts []source
}

// source is a part of a server: a release and its components.
type source struct {
	site, release string
	components    []string
}

// osRelease says which distribution this machine has (os-release(5)).
const osRelease = "/etc/os-release"

// findOrigin asks apt where the packages of this machine's release come from.
func findOrigin(ctx context.Context) (origin, error) {
	release, err := os.ReadFile(osRelease)
	if err != nil {
		return origin{}, fmt.Errorf("find out which distribution this is: %w", err)
	}
	suite := codename(string(release))
	if suite == "" {
		return origin{}, errors.New("find out which distribution this is: /etc/os-release has no VERSION_CODENAME; images are made on Debian and Ubuntu")
	}
	output, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(CREATED_BY) $(SITE) $(RELEASE) $(COMPONENT)").Output()
	if err != nil {
		return origin{}, fmt.Errorf("ask apt for its sources (apt-get indextargets): %w; images are made on Debian and Ubuntu", err)
	}
	found := parseTargets(suite, string(output))
	if len(found.parts) == 0 {
		return origin{}, fmt.Errorf("apt has no source for %s: add one to /etc/apt/sources.list, and run apt-get update", suite)
	}
	return found, nil
}

// codename is the release's name in /etc/os-release.
func codename(release string) string {
	for line := range strings.Lines(release) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "VERSION_CODENAME="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}

// parseTargets picks the sources of a release, with its updates, out of the list of
// what apt fetches. Sources of others, which have releases of their own, are left out.
func parseTargets(suite, targets string) origin {
	found := origin{suite: suite}
	for line := range strings.Lines(targets) {
		fields := strings.Fields(line)
		if len(fields) != 4 || fields[0] != "Packages" {
			continue
		}
		site, release, component := fields[1], fields[2], fields[3]
		if release != suite && release != suite+"-updates" && release != suite+"-security" {
			continue
		}
		// Ubuntu has BIRD and FRR in universe.
		if component != "main" && component != "universe" {
			continue
		}
		at := slices.IndexFunc(found.parts, func(s source) bool { return s.site == site && s.release == release })
		if at < 0 {
			found.parts = append(found.parts, source{site: site, release: release})
			at = len(found.parts) - 1
		}
		if !slices.Contains(found.parts[at].components, component) {
			found.parts[at].components = append(found.parts[at].components, component)
		}
	}
	return found
}

// mirror is the server of the release itself.
func (o origin) mirror() string {
	for _, s := range o.parts {
		if s.release == o.suite {
			return s.site
		}
	}
	return ""
}

// sources is the text of a sources.list.
func (o origin) sources() string {
	var b strings.Builder
	for _, s := range o.parts {
		fmt.Fprintf(&b, "deb %s %s %s\n", s.site, s.release, strings.Join(s.components, " "))
	}
	return b.String()
}
