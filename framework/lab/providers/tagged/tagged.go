// Package tagged registers the providers that a build tag asks for, beside the default one:
// test programs are linked often, and each provider adds to that what it is made of. Package
// providers registers all of them.
package tagged
