// Package page writes a run as one HTML file that needs no network: the page, its style and
// its script are in it. It draws designs from the fixtures that a report names, and knows no
// living lab.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/requirement/catalogue"
	"github.com/rackproof/rackproof/reports"
)

//go:embed page.html.tmpl page.css page.js
var files embed.FS

// view is what the template reads.
type view struct {
	reports.Document
	Fabrics  []fabric
	Verdicts []requirement.Verdict
	Promises map[string]string
	Style    template.CSS
	Script   template.JS
}

// Write writes the page of a run.
func Write(out io.Writer, d reports.Document) error {
	v := view{Document: d, Fabrics: drawFabrics(d), Promises: map[string]string{}, Verdicts: verdicts()}
	for _, promise := range catalogue.Promises() {
		v.Promises[promise.ID] = promise.Text
	}
	style, err := files.ReadFile("page.css")
	if err != nil {
		return fmt.Errorf("read the page's style: %w", err)
	}
	script, err := files.ReadFile("page.js")
	if err != nil {
		return fmt.Errorf("read the page's script: %w", err)
	}
	v.Style, v.Script = template.CSS(style), template.JS(script)
	t, err := template.New("page.html.tmpl").Funcs(template.FuncMap{
		"lines": differenceLines, "axis": drawAxis, "source": source, "seconds": func(s float64) string { return fmt.Sprintf("%.1f s", s) },
	}).ParseFS(files, "page.html.tmpl")
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	// A page that breaks off half way would look like a whole one.
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err = b.WriteTo(out)
	return err
}

// verdicts are all verdicts, from bad to good.
func verdicts() []requirement.Verdict {
	return []requirement.Verdict{
		requirement.Failed, requirement.BrokenLab, requirement.Inconclusive, requirement.Unable, requirement.NotRun, requirement.KnownBroken, requirement.Pass,
	}
}

// Run are the requirements of suites of the run: a matrix of all others says nothing.
func (v view) Run() []reports.Result {
	var list []reports.Result
	for _, verdict := range v.Verdicts {
		for _, r := range v.Requirements {
			if r.Verdict == verdict && !slices.Contains(v.AbsentSuites, r.Suite) {
				list = append(list, r)
			}
		}
	}
	return list
}

// Of are the requirements of one suite, by id.
func (v view) Of(suite string) []reports.Result {
	var list []reports.Result
	for _, r := range v.Requirements {
		if r.Suite == suite {
			list = append(list, r)
		}
	}
	return list
}

// Unproven is one verdict with its requirements.
type unproven struct {
	Verdict requirement.Verdict
	Results []reports.Result
}

// Unlooked are the requirements about which nothing was found out.
func (v view) Unlooked() []unproven {
	var list []unproven
	for _, verdict := range reports.Unproven() {
		if results := v.Untested(verdict); len(results) > 0 {
			list = append(list, unproven{verdict, results})
		}
	}
	return list
}

// Failures are the requirements that failed.
func (v view) Failures() []reports.Result { return v.Untested(requirement.Failed) }

// line is a line of a failure with its class.
type line struct{ Class, Text string }

// differenceLines marks the rows of a difference of tables (package diff has the words).
func differenceLines(text string) []line {
	var list []line
	for one := range strings.SplitSeq(text, "\n") {
		class := ""
		trimmed := strings.TrimSpace(one)
		switch {
		case strings.HasPrefix(trimmed, "missing"), strings.HasPrefix(trimmed, "- "):
			class = "missing"
		case strings.HasPrefix(trimmed, "unexpected"), strings.HasPrefix(trimmed, "+ "):
			class = "unexpected"
		}
		list = append(list, line{class, one})
	}
	return list
}

// source is a source for people.
func source(s catalogue.Source) string { return strings.TrimSpace(string(s.Kind) + " " + s.Reference) }
