# What people and CI run. Everything that installs something is in scripts/setup; all else works in the tree.
#
#	make build    the programs, into bin: sshell, sshell-agent, sshellctl and bootstrap, which must be of one build
#	make demo     the main job on the reads in testdata; needs only Go and a POSIX machine
#	make test     installs what tests need, checks, and runs every test
#	make check    format, vet, staticcheck, the import table, and builds for each platform
#	make image    the function as a container image named IMAGE, for the processor ARCH (arm64 or amd64); needs docker
#	make image-test  builds that image on a Debian of its own and runs stages in it; see scripts/image/run
#	make fuzz     every fuzz target for FUZZTIME
#	make storm    STORM pipelines in emulated functions whose services fail, by SEED: as in bash, or a clear failure
#	make bench    each figure we promise, beside its peer; BENCH=name for one, BENCH_SCALE=0.05 for a quick look
#	make bench-cloud
#	              the same for functions and the object store, against API servers on this machine; BENCH and BENCH_SCALE too

GO ?= go
FUZZTIME ?= 60s
STORM ?= 500
SEED ?= 1
BENCH ?=
BENCH_SCALE ?= 1
# By the stamp the shell and its agent know that they were built together.
STAMP ?= $(shell git describe --always --dirty 2>/dev/null)
IMAGE ?= sshell
IMAGE_FLAGS ?=
ARCH ?= $(shell $(GO) env GOHOSTARCH)
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64

# Where goroutines share state the race detector runs too. Its processes would sleep a second at their end, and the tests
# start thousands.
RACED = ./interp/... ./pipes/... ./remote/...

.PHONY: build image image-test demo test check fuzz bench bench-cloud clean storm

PROGRAMS = sshell sshell-agent sshellctl bootstrap

# The tag leaves out a way of being started that functions with runtimes of their own do not have.
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -tags lambda.norpc -ldflags "-s -w -X sshell/remote/agent.stamp=$(STAMP)"

# Programs are installed by a copy: Linux starts one in five sixths of the time that it needs where the linker wrote the file, page
# by page, since the pages of what was written in one go are kept together and are mapped together.
build:
	$(BUILD) -o dist/build/ $(addprefix ./cmd/,$(PROGRAMS))
	mkdir -p bin
	cd dist/build && install -m 755 $(PROGRAMS) ../../bin

# Lambda takes no image with attestations, which newer dockers add unless they are told.
image:
	@docker version >/dev/null 2>&1 || { echo "make image: needs docker, with its engine running: docker.io in Debian" >&2; exit 1; }
	GOOS=linux GOARCH=$(ARCH) $(BUILD) -o dist/linux-$(ARCH)/ ./cmd/sshell ./cmd/bootstrap
	BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --platform linux/$(ARCH) $(IMAGE_FLAGS) -t $(IMAGE) \
		-f lambda/image/Dockerfile dist/linux-$(ARCH)

image-test:
	scripts/image/run

demo: build
	scripts/demo/run

# The fuzz targets' seeds run with the other tests. Here each takes a few steps under the fuzzer, which shows that it can;
# a search is random, and belongs to make fuzz.
test:
	scripts/setup
	$(MAKE) check
	$(MAKE) build
	$(MAKE) fuzz FUZZTIME=10x
	GORACE=atexit_sleep_ms=0 $(GO) test -race -timeout 15m $(RACED)
	$(GO) test -timeout 15m $$($(GO) list ./... | grep -vE '^sshell/(interp|pipes|remote)(/|$$)')

check:
	@bad=$$(gofmt -l .) && { test -z "$$bad" || { echo "gofmt would change:"; echo "$$bad"; exit 1; }; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test ./scripts/check
	@for p in $(PLATFORMS); do \
		echo "build for $$p"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build ./... || exit 1; \
	done

fuzz:
	GO="$(GO)" FUZZTIME="$(FUZZTIME)" scripts/fuzz

storm: build
	$(GO) run ./scripts/storm -bin bin -seed $(SEED) -pipelines $(STORM)

bench: build
	scripts/setup
	$(GO) run ./scripts/bench -sshell bin/sshell -figure "$(BENCH)" -scale "$(BENCH_SCALE)"

bench-cloud: build
	$(GO) run ./scripts/bench-cloud -bin bin -figure "$(BENCH)" -scale "$(BENCH_SCALE)"

clean:
	rm -rf bin dist .tools
