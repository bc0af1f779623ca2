# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every target works from a checkout in any folder. The work is done by scripts/ and by the tools in .venv.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python

.PHONY: help
help: ## list these targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## make .venv with everything that is pinned in requirements/ (nothing to do: takes no time)
	@scripts/setup

.PHONY: demo
demo: setup ## rent, list, price and destroy a GPU on a marketplace that runs on this machine
	@$(PYTHON) scripts/link.py >/dev/null
	@$(PYTHON) demo/run.py

.PHONY: emulator
emulator: setup ## serve that marketplace until Ctrl-C
	@$(PYTHON) -m vast_emulator serve

.PHONY: test
test: setup ## run all tests: sanity, units, integration, e2e, molecule, ansible-lint
	@scripts/test

.PHONY: lint
lint: setup ## run all linters: ruff, mypy, ansible-lint, antsibull, yamllint, shellcheck
	@scripts/lint

.PHONY: format
format: setup ## let ruff write the Python files as `make lint` wants them
	@.venv/bin/ruff check --fix --quiet || true
	@.venv/bin/ruff format --quiet

.PHONY: sanity
sanity: setup ## run ansible-test sanity on ansible-core 2.18, 2.19 and 2.21, without exceptions
	@$(PYTHON) scripts/sanity.py

.PHONY: units
units: setup ## run ansible-test units, and the unit tests and the emulator's tests with plain pytest
	@scripts/test units

.PHONY: integration
integration: setup ## run ansible-test integration against the emulator
	@scripts/test integration

.PHONY: e2e
e2e: setup ## run the tests that start ansible-playbook, ansible-inventory and the vastai CLI
	@scripts/test e2e

.PHONY: molecule
molecule: setup ## run the molecule scenarios
	@scripts/test molecule

.PHONY: bench-tasks
bench-tasks: setup ## print what a task costs, in ms, through each door
	@$(PYTHON) tests/benchmarks/tasks.py

.PHONY: bench-emulator
bench-emulator: setup ## print what the emulator takes for 20 000 offers and 10 000 instances: time, memory, requests/s
	@$(PYTHON) emulator/benchmarks/scale.py

.PHONY: changelog
changelog: setup ## move the changelog fragments into the changelog of this version
	@scripts/changelog

.PHONY: lock
lock: setup ## bring the lock files in requirements/ up to date
	@scripts/lock

.PHONY: clean
clean: ## remove what make has made: .venv, build, caches
	@scripts/clean
