package inventory

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/requirement/catalogue"
)

// WriteMarkdown writes docs/requirements.md.
func (inventory Inventory) WriteMarkdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString("<!-- Made by `rackproof catalogue -o md`, and by `go test ./docs -update`. -->\n# Requirements\n\n" +
		"A *requirement* is one sentence with MUST that one spec proves. A *promise* is what Calico, Kubernetes, a standard or a design promises;\n" +
		"several requirements may prove one, in several modes. A promise that only the fabric of labs makes has the source *design*.\n\n" +
		"    rackproof catalogue -o yaml                                      # the same for programs, also as json\n" +
		"    go test ./suites/tor -ginkgo.label-filter=TOR-010                # one requirement\n" +
		"    go test ./suites/tor -ginkgo.label-filter='profile: containsAny core && group: containsAny F'\n\n")
	inventory.writeProfiles(&b)
	inventory.writeGroups(&b)
	inventory.writeKinds(&b)
	for _, group := range inventory.Groups {
		inventory.writeGroup(&b, group)
	}
	inventory.writeWithdrawn(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// writeProfiles writes the profiles with their numbers of requirements.
func (inventory Inventory) writeProfiles(b *strings.Builder) {
	b.WriteString("| profile | requirements | meaning |\n|---|---|---|\n")
	for _, profile := range inventory.Profiles {
		n := 0
		for _, r := range inventory.Requirements {
			if r.Profile == profile.Profile {
				n++
			}
		}
		fmt.Fprintf(b, "| %s | %d | %s |\n", profile.Profile, n, profile.Meaning)
	}
}

func (inventory Inventory) writeGroups(b *strings.Builder) {
	b.WriteString("\n| group | requirements | subject |\n|---|---|---|\n")
	for _, group := range inventory.Groups {
		fmt.Fprintf(b, "| [%s](#%s) | %d | %s |\n", group.Letter, anchor(heading(group)), len(inventory.of(group)), group.Name)
	}
}

func (inventory Inventory) writeKinds(b *strings.Builder) {
	b.WriteString("\n| source | meaning |\n|---|---|\n")
	for _, kind := range inventory.Kinds {
		fmt.Fprintf(b, "| %s | %s |\n", kind.Kind, kind.Meaning)
	}
}

// writeGroup writes the promises of a group, and then the requirements whose first promise is
// among them.
func (inventory Inventory) writeGroup(b *strings.Builder, group catalogue.Group) {
	fmt.Fprintf(b, "\n## %s\n\n| promise | | proven by | sources |\n|---|---|---|---|\n", heading(group))
	for _, promise := range inventory.Promises {
		if promise.Group() != group.Letter {
			continue
		}
		var ids []string
		for _, r := range inventory.Requirements {
			if slices.Contains(r.Promises, promise.ID) {
				ids = append(ids, r.ID)
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", promise.ID, promise.Text, strings.Join(ids, ", "), listOf(promise.Sources))
	}
	b.WriteString("\n| id | title | requirement | promises | profile | remarks |\n|---|---|---|---|---|---|\n")
	for _, r := range inventory.of(group) {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", r.ID, r.Title, strings.ReplaceAll(r.Must, "|", `\|`), strings.Join(r.Promises, ", "), r.Profile, inventory.remarks(r))
	}
}

// remarks are the versions, labs, needs and sources of a requirement's own.
func (inventory Inventory) remarks(r Requirement) string {
	var remarks []string
	if r.Since != "" {
		remarks = append(remarks, "since "+r.Since)
	}
	if r.Until != "" {
		remarks = append(remarks, "until "+r.Until)
	}
	if r.Where != "" {
		remarks = append(remarks, "where "+r.Where)
	}
	if r.KnownIssue != "" {
		remarks = append(remarks, "known issue "+r.KnownIssue)
	}
	if len(r.Needs) > 0 {
		var needs []string
		for _, need := range r.Needs {
			needs = append(needs, string(need))
		}
		remarks = append(remarks, "needs "+strings.Join(needs, ", "))
	}
	if own := inventory.ownSources(r); len(own) > 0 {
		remarks = append(remarks, listOf(own))
	}
	return strings.Join(remarks, "; ")
}

// ownSources are the sources that no promise of a requirement has.
func (inventory Inventory) ownSources(r Requirement) []catalogue.Source {
	return slices.DeleteFunc(slices.Clone(r.Sources), func(source catalogue.Source) bool {
		return slices.ContainsFunc(inventory.Promises, func(p catalogue.Promise) bool {
			return slices.Contains(r.Promises, p.ID) && slices.Contains(p.Sources, source)
		})
	})
}

func (inventory Inventory) writeWithdrawn(b *strings.Builder) {
	b.WriteString("\n## Withdrawn ids\n\nNo spec uses them again, because older reports have them.\n\n| id | reason |\n|---|---|\n")
	for _, withdrawn := range inventory.Withdrawn {
		fmt.Fprintf(b, "| %s | %s |\n", withdrawn.ID, withdrawn.Reason)
	}
}

// of are the requirements of a group.
func (inventory Inventory) of(group catalogue.Group) []Requirement {
	return slices.DeleteFunc(slices.Clone(inventory.Requirements), func(r Requirement) bool { return r.Group != group.Letter })
}

func listOf(sources []catalogue.Source) string {
	texts := make([]string, 0, len(sources))
	for _, source := range sources {
		texts = append(texts, source.String())
	}
	return strings.Join(texts, "; ")
}

func heading(group catalogue.Group) string { return group.Letter + ": " + group.Name }

// anchor is the name that GitHub gives a heading.
func anchor(heading string) string {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune(":,", r) {
			return -1
		}
		return r
	}, strings.ToLower(heading))
	return strings.ReplaceAll(kept, " ", "-")
}
