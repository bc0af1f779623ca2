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
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## make .venv with everything that is pinned in requirements/ (nothing to do: takes no time)
	@scripts/setup

.PHONY: demo
demo: setup ## rent, list, price and destroy a GPU on a marketplace that runs on this machine
	@demo/run

.PHONY: emulator
emulator: setup ## serve that marketplace until Ctrl-C
	@$(PYTHON) -m vast_emulator serve

.PHONY: lock
lock: setup ## bring the lock files in requirements/ up to date
	@scripts/lock

.PHONY: clean
clean: ## remove what make has made: .venv, build, caches
	@scripts/clean
