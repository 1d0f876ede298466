# `make demo` needs Python 3.11, Go and package registries; everything else is made here. `make` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
TOOLCHAIN := sandbox/pulumi_vmimport_sandbox/toolchain.py
MAKEFLAGS += --no-print-directory
# How long `make fuzz` spends on each of its dozen targets, as many at once as there are processors.
FUZZ_SECONDS ?= 300
.PHONY: help setup parts toolchain disk-tools file-system-tools demo demo-destroy test lint unit engine-tests fuzz bench docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv, the Pulumi engine and the vCenter simulator, all at once; does nothing when they are there
	@$(MAKE) -j3 parts

parts: .venv/complete toolchain disk-tools

# --no-compile: byte code of the packages below is a third of pip's time and hardly any of it is ever imported.
.venv/complete: pyproject.toml sandbox/pyproject.toml constraints.txt
	@echo "making .venv with the versions of constraints.txt: about 1 minute"
	@$(PYTHON) -m venv .venv
	@PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/pip install \
		--quiet --disable-pip-version-check --no-compile --editable ./sandbox --editable '.[cli,sandbox,dev]'
	@$(BIN)/python -m compileall -q -j 2 -x '/pulumi_aws/' .venv/lib
	@touch $@

toolchain:
	@$(PYTHON) $(TOOLCHAIN) build

# The demo and the tests make real disk images with the tools that make real ones; the library does without.
# tool:Debian package
DISK_TOOLS := qemu-img:qemu-utils sfdisk:fdisk mkntfs:ntfs-3g /usr/lib/grub/i386-pc/boot.img:grub-pc-bin
FILE_SYSTEM_TOOLS := sgdisk:gdisk mkfs.ext4:e2fsprogs mkfs.vfat:dosfstools mkfs.exfat:exfatprogs mkfs.xfs:xfsprogs \
	mkfs.btrfs:btrfs-progs
define install
	@missing=; PATH="$$PATH:/usr/sbin:/sbin"; for pair in $(1); do tool=$${pair%:*}; \
		command -v $$tool > /dev/null || test -e $$tool || missing="$$missing $${pair#*:}"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "installing tools for disk images with apt-get:$$missing"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $$missing > /dev/null; \
	else \
		echo "disk images are made with these Debian packages: sudo apt-get install$$missing"; \
	fi
endef

disk-tools:
	$(call install,$(DISK_TOOLS))

file-system-tools: setup
	$(call install,$(FILE_SYSTEM_TOOLS))

demo: setup ## from a vSphere VM to a WorkSpaces image on this machine
	@$(BIN)/python stacks/vsphere_to_workspaces/demo.py

demo-destroy: setup ## take down what the demo left standing
	@$(BIN)/python stacks/vsphere_to_workspaces/demo.py destroy

test: lint file-system-tools ## every check: lint, types, layers, then all tests
	@$(BIN)/pytest -n 2 --dist worksteal

lint: setup ## ruff, mypy and the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy components sandbox tests stacks docs
	$(BIN)/lint-imports

unit: setup file-system-tools ## the tests that need no engine
	@$(BIN)/pytest -n 2 --dist worksteal tests/unit tests/contract

engine-tests: setup file-system-tools ## the tests on the real Pulumi engine
	@$(BIN)/pytest -n 2 --dist worksteal tests/engine

fuzz: setup file-system-tools ## fuzz the readers of disk images at length: FUZZ_SECONDS for each, 300 by default
	@$(BIN)/python -m tests.fuzz $(FUZZ_SECONDS)

bench: setup file-system-tools ## run the benchmarks
	@set -e; for benchmark in benchmarks/*.py; do echo "$$benchmark"; $(BIN)/python "$$benchmark"; done

docs: setup ## fill in the tables of docs/ from the package's own
	@$(BIN)/python docs/generate.py

clean: ## remove all that was made in this folder; the engine stays in ~/.cache/pulumi-vmimport
	rm -rf .venv .sandbox .fuzz dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find components sandbox stacks tests -name __pycache__ -prune -exec rm -rf {} +
