package evaluator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The severities of a Problem: an error keeps a pack from being served, a warning is shown.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// The gates, in the order in which a pack passes them.
const (
	GateRead      = "read"
	GateCompile   = "compile"
	GateFacts     = "facts" // rules against facts, words and tables
	GateData      = "data"
	GateQuestions = "questions"
	GateTests     = "tests"
	GateTypes     = "types" // OPA's own typing: of CheckTypes alone
)

// Problem is something wrong with a pack, and where. Line and Col count from 1; zero is unknown.
type Problem struct {
	Severity string `json:"severity"`
	Gate     string `json:"gate"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Col      int    `json:"col"`
	Text     string `json:"text"`
}

// String is file:line: text.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Report is what the gates found.
type Report struct {
	Revision string
	Problems []Problem // in the order of the gates, then by place
	Tests    int       // of the pack's own, each case of a table counted
	Passed   int
	Skipped  int
	Took     time.Duration
}

// OK says whether the pack may be served.
func (r *Report) OK() bool { return !slices.ContainsFunc(r.Problems, isError) }

// Err joins the errors; nil if there are none.
func (r *Report) Err() error {
	var errs []error
	for _, p := range r.Problems {
		if isError(p) {
			errs = append(errs, errors.New(p.String()))
		}
	}
	return errors.Join(errs...)
}

func isError(p Problem) bool { return p.Severity == SeverityError }

// place is where something stands in a pack.
type place struct {
	file      string
	line, col int
}

// gate collects the problems of one gate, one for each place and text.
type gate struct {
	name string
	list []Problem
	seen map[Problem]bool
}

func (g *gate) errorf(at place, format string, args ...any) {
	g.add(SeverityError, at, format, args...)
}
func (g *gate) warnf(at place, format string, args ...any) {
	g.add(SeverityWarning, at, format, args...)
}

func (g *gate) add(severity string, at place, format string, args ...any) {
	p := Problem{severity, g.name, at.file, at.line, at.col, fmt.Sprintf(format, args...)}
	if g.seen == nil {
		g.seen = map[Problem]bool{}
	}
	if !g.seen[p] {
		g.seen[p] = true
		g.list = append(g.list, p)
	}
}

// close adds what the gate found to the report and says whether the pack may go on.
func (g *gate) close(r *Report) bool {
	slices.SortStableFunc(g.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Text, b.Text))
	})
	r.Problems = append(r.Problems, g.list...)
	return !slices.ContainsFunc(g.list, isError)
}
