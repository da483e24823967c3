# SPDX-License-Identifier: MIT
#
# A thin front: every target sets up what it needs by itself (scripts/setup) and hands on to
# CMake or to the script of the same name. Variables: JOBS, PREFIX, DESTDIR.
PREFIX ?= /usr/local
export DESTDIR

.DEFAULT_GOAL := help
.PHONY: help demo build test bench soak lint format fuzz install abi deb docs prove-library prove-packages prove-container ci clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## show the product at work on this machine, then end everything again
	@scripts/setup build
	@echo "building what the demo runs, in build-demo: the daemon and a server to talk to"
	@OSM_BUILD_DIR=build-demo BUILD_TARGET="opcua-session-manager opcua-demo-server" scripts/build demo
	@OSM_BUILD_DIR=build-demo scripts/demo

build: ## build/opcua-session-manager and build/opcua-demo-server
	@scripts/setup build web
	@scripts/build release

test: ## build and run every test
	@scripts/setup test
	@scripts/test release

bench: build ## measure latency and throughput against the demo server, count instructions
	@scripts/setup test
	@bench/run
	@bench/instructions

soak: build ## prove for ten minutes a test that nothing is lost (tests/live), measure what others notice of a rush
	@scripts/soak-live
	@scripts/soak-callers

prove-library: ## the library's suite under ThreadSanitizer with two threads, and under valgrind
	@scripts/setup test
	@scripts/prove-library

abi: ## write down the ABI of the libraries, after a change that makes it larger
	@scripts/setup test
	@BUILD_TARGET="opcua-session opcua-session-daemon" OSM_BUILD_DIR=build-debug scripts/build debug
	@OSM_BUILD_DIR=build-debug scripts/abi

docs: ## the handbook with the library's reference as HTML, in build-html; cmake --build … --target docs writes the pages from tables
	@scripts/setup docs
	@docs/render build-html

lint: ## formatting, static analysis and the rules of the house
	@scripts/setup lint
	@scripts/lint

format: ## apply .clang-format to every C file
	@scripts/setup lint
	@scripts/format

fuzz: ## build and run each fuzz target for a short time
	@scripts/setup fuzz
	@scripts/fuzz

install: build ## install below DESTDIR/PREFIX (default /usr/local), with service files
	@cmake --install "$${OSM_BUILD_DIR:-build}" --prefix "$(PREFIX)"

deb: ## build the Debian packages into dist/, lintian included
	@scripts/setup deb web
	@scripts/deb

prove-packages: ## as root: build, install, upgrade, remove and purge them in fresh Debian 12 and 13 trees
	@scripts/prove-packages

prove-container: ## as root: build the container image from a fresh Debian tree and run it
	@scripts/prove-container

ci: ## everything a change must pass
	@.ci/run

clean: ## remove every build folder
	@rm -rf build build-* dist
