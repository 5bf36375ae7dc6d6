# Rackproof's commands. `make` alone lists them.

GO ?= go
# What `make suites` and `make conformance` run.
SUITES ?= ./suites/...
# How many test programs run side by side: unit tests, and suites, which take 1 GiB
# and up to a processor each. With more suites than processors User-Mode Linux stands still.
PARALLEL ?= 2
SUITES_PARALLEL ?= 2
# What runs on kind and containerlab too, one lab at a time: each takes 5 GiB.
KIND_SUITES ?= ./suites/fullmesh ./suites/leafreflector ./suites/serviceips ./suites/localpolicy ./suites/agreement
# More flags for the suites (ARGS=-rackproof.leaves=bird).
ARGS ?=
# The rounds of a soak. DISTURB=1 keeps the processors busy beside it, APPEND=1 adds to
# the table that is there.
N ?= 10
DISTURB ?=
APPEND ?=
# The labs of fuzz-lab (topology/mode), the states in each, and the first seed; empty for any.
FUZZ_LABS ?= leaf-spine/leafreflector leaf-spine/fullmesh leaf-spine/serviceips tor/tor rack-reflector/rackreflector single-rack/nodereflector two-racks/noencapreflector single-rack/fullmesh
STATES ?= 25
SEED ?=
# The suite that is sabotaged, by its folder, all if it is empty; and the defects, by their ids.
MODE ?=
DEFECTS ?= all
# The documents that articles runs, all of them if it is empty. ACCEPT=1 renews their outputs.
ARTICLES ?=
ACCEPT ?=
SOAK = $(CURDIR)/soak$(if $(filter 1,$(DISTURB)),-disturbed)

# Not to be set from outside: it is removed before each run, so that a summary
# never shows an older run's verdicts.
override RESULTS := $(CURDIR)/results
UNIT_PACKAGES = $(addsuffix /...,$(wildcard ./framework ./fixtures ./cmd ./reports ./docs))
# The race detector needs cgo and a C compiler.
RACE = $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),$(if $(shell command -v "$$($(GO) env CC)"),-race))
# Suites are linked without debug information: a third of the linker's time, and stack traces
# stay as they are.
LEAN = -ldflags=-s
LINT = $(GO) tool -modfile=fixtures/components/lint/go.mod golangci-lint

comma := ,
space := $() $()

# The order within a target matters, and a lab wants the machine for itself.
.NOTPARALLEL:
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[-a-z%]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: conformance
conformance: packages components kernel ## set up what is missing, run all suites, write results/ and print a summary
	@rm -rf $(RESULTS)
	@status=0; \
	$(GO) test $(LEAN) -p $(SUITES_PARALLEL) -count=1 -timeout 15m $(SUITES) -rackproof.results=$(RESULTS) $(ARGS) || status=1; \
	$(GO) run ./cmd/rackproof report summary $(RESULTS) || status=1; \
	exit $$status

.PHONY: test
test: packages router-bird2 components kernel unit suites ## set up what is missing, run the unit tests, then all suites

.PHONY: packages
packages: ## install the distribution's packages that are missing (BIRD, FRR, iptables, ipset, conntrack, curl)
	@fixtures/components/packages.sh

router-%: ## install a router's software that `make packages` leaves out (make router-bird2)
	@framework/router/$*/install.sh

.PHONY: components
components: ## build Kubernetes, etcd, Calico and flannel where they are missing (once; README.md has the time it takes)
	@command -v $(GO) >/dev/null || { echo "make: $(GO) is not in PATH; Rackproof needs the Go version in go.mod" >&2; exit 1; }
	@echo "components: compiling the rackproof command that builds them (minutes, the first time)"
	@$(GO) run ./cmd/rackproof components build --for canal

.PHONY: kernel
kernel: ## build User-Mode Linux where this machine's kernel has no ipip driver and it is missing (once)
	@fixtures/components/uml/build.sh

.PHONY: kind-components
kind-components: ## build what labs on kind need too: containerlab (once)
	@$(GO) run ./cmd/rackproof components build --for kind

.PHONY: docker
docker: ## start a Docker daemon of Rackproof's own, in namespaces of its own, for labs of kind and containerlab
	@fixtures/images/packages.sh docker
	@$(GO) run ./cmd/rackproof docker up

.PHONY: images
images: ## build the images of labs on Docker, where they are missing, and load them into Docker
	@fixtures/images/packages.sh
	@$(GO) run ./cmd/rackproof docker status >/dev/null 2>&1 || $(GO) run ./cmd/rackproof docker up >/dev/null
	@$(GO) run ./cmd/rackproof images build

.PHONY: unit
unit: ## run the unit tests
	$(GO) vet -tags kind ./framework/lab/providers/tagged
	$(GO) test -p $(PARALLEL) $(RACE) -timeout 15m $(UNIT_PACKAGES)

.PHONY: browser
browser: ## test the page of `rackproof report render` in headless Chromium, which it installs where it is missing
	@command -v chromium >/dev/null || apt-get install -y --no-install-recommends chromium
	@mkdir -p $(RESULTS)
	@$(GO) run ./cmd/rackproof report render reports/testdata/page > $(RESULTS)/page.html; test -s $(RESULTS)/page.html
	@cd fixtures/components/browsertest && $(GO) test -count=1 . -page=$(RESULTS)/page.html

.PHONY: suites
suites: ## run all suites, or those in SUITES (SUITES=./suites/fullmesh)
	$(GO) test $(LEAN) -p $(SUITES_PARALLEL) -count=1 -timeout 15m $(SUITES) $(ARGS)

.PHONY: soak
soak: packages components kernel ## run all suites N times in random order, and write a table of verdicts and times to soak/ (N=10 DISTURB=1 SUITES=... APPEND=1)
	@$(GO) run ./cmd/rackproof soak -n $(N) --suites '$(subst $(space),$(comma),$(strip $(SUITES)))' -p $(SUITES_PARALLEL) --results $(SOAK) \
		$(if $(filter 1,$(DISTURB)),--disturb) $(if $(filter 1,$(APPEND)),--append) $(if $(ARGS),-- $(ARGS))

.PHONY: fuzz-lab
fuzz-lab: packages components kernel ## put labs into random states, and compare each with the oracle; the states that differ go to fuzz/ (STATES=25 SEED=1 FUZZ_LABS=leaf-spine/leafreflector)
	@mkdir -p fuzz && rm -f fuzz/figures.txt && $(GO) build -o fuzz/rackproof ./cmd/rackproof
	@status=0; name=fuzz-$$$$; up=; trap 'test -z "$$up" || fuzz/rackproof lab down $$name >/dev/null 2>&1; cat fuzz/figures.txt 2>/dev/null' EXIT; \
	for design in $(FUZZ_LABS); do \
		fuzz/rackproof lab up --name $$name --topology $${design%/*} --mode $${design#*/} >/dev/null || exit 1; \
		up=1; fuzz/rackproof lab fuzz --name $$name --states $(STATES) $(if $(SEED),--seed $(SEED)) --results fuzz || status=1; \
		fuzz/rackproof lab down $$name >/dev/null || exit 1; up=; \
	done; exit $$status

.PHONY: sabotage
sabotage: packages components kernel ## put defects into the labs of all suites, or of one, and find the requirements that do not see them (MODE=fullmesh DEFECTS=table-blackhole,session-shut)
	@$(GO) run ./cmd/rackproof sabotage --suites '$(if $(MODE),./suites/$(MODE),./suites/...)' --defects '$(DEFECTS)' -p $(SUITES_PARALLEL) --results $(RESULTS) $(if $(ARGS),-- $(ARGS))

.PHONY: articles
articles: packages components kernel ## run the commands of docs/article-N.md in labs and compare what they print; ACCEPT=1 renews the documents (ARTICLES=docs/article-1.md)
	@mkdir -p articles && $(GO) build -o articles/ ./cmd/rackproof ./docs/walk
	@PATH="$(CURDIR)/articles:$$PATH" articles/walk $(if $(filter 1,$(ACCEPT)),-accept) $(ARTICLES)

.PHONY: kind-conformance
kind-conformance: packages kind-components images ## run the suites of article 1 and 2 on kind and containerlab; results in results/kind, and a summary
	@rm -rf $(RESULTS)/kind
	@status=0; \
	$(GO) test -tags kind -p 1 -count=1 -timeout 60m $(KIND_SUITES) -rackproof.provider=kind -rackproof.results=$(RESULTS)/kind $(ARGS) || status=1; \
	$(GO) run ./cmd/rackproof report summary $(RESULTS)/kind || status=1; \
	exit $$status

.PHONY: bench
bench: ## measure the phases of a lab's start, its end and its memory: embedded, with IPIP, and beside it on kind where Docker and the images are there
	@$(GO) run ./cmd/rackproof bench
	@$(GO) run ./cmd/rackproof bench --topology two-racks --mode ipip --runs 3
	@if $(GO) run ./cmd/rackproof docker status >/dev/null; then \
		$(GO) run ./cmd/rackproof bench --runs 3 --beside kind; \
	else \
		echo "bench: nothing was measured on kind: run make kind-components images first" >&2; \
	fi

.PHONY: lint
lint: ## check the code by golangci-lint (.golangci.yml); builds the linter first, once
	@$(LINT) run ./...

.PHONY: fmt
fmt: ## format the code
	@$(LINT) fmt

.PHONY: clean
clean: ## remove results; the components stay in the user's cache folder
	rm -rf $(RESULTS)
