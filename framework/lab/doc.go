// Package lab has the Lab interface, by which suites see a topology that some
// provider has brought up. It knows no provider and no tests.
package lab
