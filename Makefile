# `make demo` needs Python 3.11, Go and package registries; everything else is made here. `make` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
TOOLCHAIN := components/pulumi_vmimport/sandbox/toolchain.py
MAKEFLAGS += --no-print-directory
.PHONY: help setup parts toolchain disk-tools demo demo-destroy test lint unit engine-tests bench docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv, the Pulumi engine and the vCenter simulator, all at once; does nothing when they are there
	@$(MAKE) -j3 parts

parts: .venv/complete toolchain disk-tools

# --no-compile: byte code of the packages below is a third of pip's time and hardly any of it is ever imported.
.venv/complete: pyproject.toml constraints.txt
	@echo "making .venv with the versions of constraints.txt: about 1 minute"
	@$(PYTHON) -m venv .venv
	@PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/pip install \
		--quiet --disable-pip-version-check --no-compile --editable '.[cli,sandbox,dev]'
	@$(BIN)/python -m compileall -q -j 2 -x '/pulumi_aws/' .venv/lib
	@touch $@

toolchain:
	@$(PYTHON) $(TOOLCHAIN) build

# The tests make real disk images with these tools; the demo and the library do without.
disk-tools:
	@missing=; PATH="$$PATH:/usr/sbin:/sbin"; \
	command -v qemu-img > /dev/null || missing="$$missing qemu-utils"; \
	command -v sfdisk > /dev/null || missing="$$missing fdisk"; \
	command -v mkntfs > /dev/null || missing="$$missing ntfs-3g"; \
	test -e /usr/lib/grub/i386-pc/boot.img || missing="$$missing grub-pc-bin"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "installing the tools of the disk image tests with apt-get:$$missing"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $$missing > /dev/null; \
	else \
		echo "the disk image tests need these Debian packages: sudo apt-get install$$missing"; \
	fi

demo: setup ## from a vSphere VM to a WorkSpaces image on this machine
	@$(BIN)/python stacks/vsphere_to_workspaces/demo.py

demo-destroy: setup ## take down what the demo left standing
	@$(BIN)/python stacks/vsphere_to_workspaces/demo.py destroy

test: lint ## every check: lint, types, layers, then all tests
	@$(BIN)/pytest -n 2 --dist worksteal

lint: setup ## ruff, mypy and the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy components tests stacks toolchain docs
	$(BIN)/lint-imports

unit: setup ## the tests that need no engine
	@$(BIN)/pytest -n 2 --dist worksteal tests/unit tests/contract

engine-tests: setup ## the tests on the real Pulumi engine
	@$(BIN)/pytest -n 2 --dist worksteal tests/engine

bench: setup ## run the benchmarks
	@set -e; for benchmark in benchmarks/*.py; do echo "$$benchmark"; $(BIN)/python "$$benchmark"; done

docs: setup ## fill in the tables of docs/ from the package's own
	@$(BIN)/python docs/generate.py

clean: ## remove all that was made in this folder; the engine stays in ~/.cache/pulumi-vmimport
	rm -rf .venv .sandbox dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find components stacks tests -name __pycache__ -prune -exec rm -rf {} +
