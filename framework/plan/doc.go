// Package plan says what a design does, without a lab: the sessions and routes of its hosts,
// who reaches whom by which ways, what each loss takes, and what is wrong with it. It makes
// the state that a lab of the design begins with, and has package oracle compute everything
// else. It is pure.
package plan
