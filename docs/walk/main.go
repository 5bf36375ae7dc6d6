// Command walk runs the commands of the articles' documents, and compares what they print
// with what the documents show. It runs in the repository's root, as root, with rackproof
// in PATH: `make articles`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	accept := flag.Bool("accept", false, "write outputs of another shape into the documents")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: walk [-accept] [docs/article-N.md...]\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	os.Exit(run(flag.Args(), *accept))
}

func run(paths []string, accept bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	if len(paths) == 0 {
		var err error
		if paths, err = filepath.Glob("docs/article-[0-9].md"); err != nil || len(paths) == 0 {
			fmt.Fprintln(os.Stderr, "walk: find docs/article-N.md: no file (run this in the repository's root)")
			return 1
		}
	}
	status := 0
	for _, path := range paths {
		a, err := load(path, strings.TrimSuffix(path, ".md")+".zh.md")
		if err == nil {
			a.accept, a.out = accept, os.Stdout
			err = a.walk(ctx)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "walk:", err)
			status = 1
		}
		if ctx.Err() != nil {
			return 1
		}
	}
	return status
}
