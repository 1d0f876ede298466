# `make demo` needs Python 3.11, Go and package registries; `make setup` creates everything else. `make` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
TOOLCHAIN := sandbox/pulumi_vmimport_sandbox/toolchain.py
MAKEFLAGS += --no-print-directory
# How long `make fuzz` spends on each of its dozen targets, as many at once as there are processors.
FUZZ_SECONDS ?= 300
# How many mutants `make mutants` samples, and the seed of the sample.
MUTANTS ?= 300
MUTANTS_SEED ?= 1
PYTEST := $(BIN)/pytest -n 2 --dist worksteal --durations=20
.PHONY: help setup parts byte-code toolchain disk-tools file-system-tools demo demo-destroy check test lint types mypy pyright \
	ruff layers wording dead-code unit engine-tests coverage mutants audit fuzz bench docs site build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## create .venv, the Pulumi engine and the vCenter simulator; does nothing when they exist
	@$(MAKE) -j3 parts

parts: .venv/complete byte-code toolchain disk-tools

byte-code: .venv/complete
	@$(BIN)/python -m compileall -q components sandbox

# --no-compile: compiling the packages below takes a third of pip's time, and most of that byte code is never imported. What
# the components and the examples import is compiled: where PYTHONDONTWRITEBYTECODE is set, each program would compile it again.
.venv/complete: pyproject.toml sandbox/pyproject.toml constraints.txt
	@echo "creating .venv with the versions of constraints.txt: about 1 minute"
	@$(PYTHON) -m venv .venv
	@PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/pip install \
		--quiet --disable-pip-version-check --no-compile --editable ./sandbox --editable '.[cli,docs,guest,linux,policies,sandbox,dev]'
	@$(BIN)/python -m compileall -q -j 2 -x '/pulumi_aws/' .venv/lib
	@$(BIN)/python -m compileall -q -l $(foreach package,. ec2 iam imagebuilder s3,.venv/lib/python*/site-packages/pulumi_aws/$(package))
	@touch $@

toolchain:
	@$(PYTHON) $(TOOLCHAIN) build

# The demo and the tests create real disk images with these tools, and open pages in a browser; the library does not need them.
# tool:Debian package
DISK_TOOLS := qemu-img:qemu-utils sfdisk:fdisk mkntfs:ntfs-3g /usr/lib/grub/i386-pc/boot.img:grub-pc-bin
FILE_SYSTEM_TOOLS := sgdisk:gdisk mkfs.ext4:e2fsprogs mkfs.vfat:dosfstools mcopy:mtools mkfs.exfat:exfatprogs \
	mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs busybox:busybox-static wimlib-imagex:wimtools hivexregedit:libwin-hivex-perl \
	xorriso:xorriso cpio:cpio lz4:lz4 zstd:zstd xz:xz-utils
PAGE_TOOLS := chromium:chromium
# The tests type-check the TypeScript examples; the library and the sandbox need no Node.js.
LANGUAGE_TOOLS := node:nodejs npm:npm
define install
	@missing=; PATH="$$PATH:/usr/sbin:/sbin"; for pair in $(1); do tool=$${pair%:*}; \
		command -v $$tool > /dev/null || test -e $$tool || missing="$$missing $${pair#*:}"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "installing tools of the tests with apt-get:$$missing"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $$missing > /dev/null; \
	else \
		echo "the tests use these Debian packages: sudo apt-get install$$missing"; \
	fi
endef

disk-tools:
	$(call install,$(DISK_TOOLS))

file-system-tools: setup
	$(call install,$(FILE_SYSTEM_TOOLS) $(PAGE_TOOLS) $(LANGUAGE_TOOLS))

demo: setup ## from a vSphere VM to a WorkSpaces image, on this machine
	@$(BIN)/python stacks/vsphere_to_workspaces/demo.py

demo-destroy: setup ## destroy the demo's stack and stop its sandbox
	@$(BIN)/python stacks/vsphere_to_workspaces/demo.py destroy

check: lint unit ## lint, types, unit and contract tests: for every save

test: lint file-system-tools ## every check: lint, types, then all tests
	@$(PYTEST)

lint: setup ## ruff, types, layers, wording, dead code
	@$(MAKE) -j2 mypy pyright ruff layers wording dead-code

types: setup ## mypy for everything, pyright for the public API
	@$(MAKE) -j2 mypy pyright

mypy:
	$(BIN)/mypy components sandbox tests stacks docs tools examples benchmarks

pyright:
	$(BIN)/pyright tests/typing

ruff:
	$(BIN)/ruff check
	$(BIN)/ruff format --check

layers:
	$(BIN)/lint-imports

wording:
	$(BIN)/python tools/check_wording.py

dead-code:
	$(BIN)/python tools/check_dead_code.py

unit: setup file-system-tools ## the tests that need no engine
	@$(PYTEST) tests/unit tests/contract

engine-tests: setup file-system-tools ## the tests on the real Pulumi engine
	@$(PYTEST) tests/engine

coverage: setup file-system-tools ## line and branch coverage of the unit and contract tests
	@$(PYTEST) --cov=pulumi_vmimport --cov-branch --cov-report=term:skip-covered --cov-report=html:.coverage-html \
		tests/unit tests/contract

mutants: setup file-system-tools ## change the code in MUTANTS places, one at a time, and count which changes the tests notice
	@$(BIN)/pip install --quiet --disable-pip-version-check 'mutmut>=3.8,<4'
	@$(BIN)/python tools/mutants.py --count $(MUTANTS) --seed $(MUTANTS_SEED)

audit: setup ## known vulnerabilities of the locked versions, licenses of what the library installs; asks PyPI
	@$(PYTHON) -m venv .audit
	@.audit/bin/pip install --quiet --disable-pip-version-check pip-audit pip-licenses
	.audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt
	@$(PYTHON) -m venv .audit/library
	@.audit/library/bin/pip install --quiet --disable-pip-version-check .
	.audit/bin/pip-licenses --python .audit/library/bin/python --partial-match --fail-on "GPL;General Public"

fuzz: setup file-system-tools ## fuzz the readers of disk images: FUZZ_SECONDS for each, 300 by default
	@$(BIN)/python -m tests.fuzz $(FUZZ_SECONDS)

bench: setup file-system-tools ## run the benchmarks
	@set -e; for benchmark in benchmarks/*.py; do echo "$$benchmark"; $(BIN)/python "$$benchmark"; done

docs: setup ## regenerate what docs/ and README.md derive from the code
	@$(BIN)/python docs/generate.py

site: setup ## build the documentation in .site/html; warnings and broken links are errors
	@$(BIN)/python docs/website/build.py .site

build: setup ## wheel and source distribution of the library and of the sandbox, in dist/
	@$(BIN)/python -m build --outdir dist .
	@$(BIN)/python -m build --outdir dist sandbox

clean: ## remove everything that make created in this folder; the engine stays in ~/.cache/pulumi-vmimport
	rm -rf .venv .site .audit .mutants .sandbox .fuzz .coverage .coverage-html dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find components sandbox stacks tests -name __pycache__ -prune -exec rm -rf {} +
