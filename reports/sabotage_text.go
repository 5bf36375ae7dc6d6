package reports

import (
	"fmt"
	"strings"
)

// Markdown is the run for people: the verdict, its faults, the matrix, and the rows' legend.
func (s Sabotage) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Sabotage of suite %s\n\n%s\n", s.Suite, s.Verdict())
	if s.Void != "" {
		fmt.Fprintf(&b, "\nThe run is VOID: %s\n", s.Void)
	}
	items(&b, "Faults", s.Faults())
	items(&b, "Unspecific: dies of more than half of its defects", s.unspecific())
	var rows []SabotageDefect
	var absent []string
	for _, d := range s.Defects {
		if d.NotApplicable != "" {
			absent = append(absent, fmt.Sprintf("%s on %s: %s", d.ID, d.Lab, d.NotApplicable))
			continue
		}
		rows = append(rows, d)
	}
	s.matrix(&b, rows)
	fmt.Fprintf(&b, "\n## Defects\n\n| | defect | lab | target | the gate sees | killed | ran | seconds |\n|---|---|---|---|---|---|---|---|\n")
	for i, d := range rows {
		killed := 0
		for _, cell := range d.Cells {
			if cell.Killed {
				killed++
			}
		}
		seen := firstLine(d.Gate)
		switch {
		case d.Void != "":
			seen = "VOID: " + firstLine(d.Void)
		case d.Unmet != "":
			seen = d.Unmet
		case d.Mended != "":
			seen += " (mended afterwards: " + firstLine(d.Mended) + ")"
		}
		fmt.Fprintf(&b, "| %d | %s: %s | %s | %s | %s | %d | %d | %.0f |\n", i+1, d.ID, d.What, d.Lab, d.Target, strings.ReplaceAll(seen, "|", "\\|"), killed, len(d.Cells), d.Seconds)
	}
	items(&b, "Defects without a target", absent)
	var uncounted []string
	for _, r := range s.Requirements {
		if r.Uncounted != "" {
			uncounted = append(uncounted, fmt.Sprintf("%s: %s", r.ID, firstLine(r.Uncounted)))
		}
	}
	items(&b, "Requirements that are not counted", uncounted)
	return b.String()
}

// matrix writes requirements by defects: K killed, s survived, a dot for one that did not run.
func (s Sabotage) matrix(b *strings.Builder, rows []SabotageDefect) {
	fmt.Fprintf(b, "\n## Requirements\n\nK: killed. s: survived. A dot: it did not run. Empty: it is of another lab.\n\n| requirement | seconds | killed |")
	for i := range rows {
		fmt.Fprintf(b, " %d |", i+1)
	}
	fmt.Fprintf(b, "\n|---|---|---|%s\n", strings.Repeat("---|", len(rows)))
	for _, r := range s.counted() {
		killed, ran := s.died(r.ID)
		fmt.Fprintf(b, "| %s | %.1f | %d/%d |", r.ID, r.Seconds, killed, ran)
		for _, d := range rows {
			mark := "·"
			cell, ok := d.Cells[r.ID]
			switch {
			case d.Lab != r.Lab:
				mark = ""
			case ok && cell.Killed:
				mark = "K"
			case ok:
				mark = "s"
			}
			fmt.Fprintf(b, " %s |", mark)
		}
		b.WriteString("\n")
	}
}

// items writes a heading and a list, where there is one.
func items(b *strings.Builder, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", heading)
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", line)
	}
}
