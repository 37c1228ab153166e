# What this checkout can do. Bare `make` prints the menu; every target does its own set-up and can be repeated.
.DEFAULT_GOAL := menu
SHELL := /bin/bash
PY := .venv/bin/python
SHELFD_SHARED ?= ../shared
export SHELFD_SHARED
CASES ?= $(SHELFD_SHARED)/cases/*/
JOBS ?= 3 # one more than cores: many tests wait for clocks

.PHONY: menu
menu:
	@echo "shelfd: make TARGET"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)


.PHONY: demo test
demo: setup models console ## a simulated shelf, a real agent, a broker and a page to play with (ARGS="--no-console")
	@$(PY) -m tools.demo $(ARGS) || [ $$? = 130 ] # Ctrl-C is no error

test: setup models test-tools check ## ruff, mypy and every test that needs no more than five minutes
	$(PY) -m pytest -n $(JOBS) -m "not fuzz and not soak and not qemu and not train and not rollback and not powercut" -rs $(ARGS)

.PHONY: check format generate
check: setup ## ruff and mypy --strict only
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup ## let ruff lay out the code
	@$(PY) -m ruff format .

generate: setup ## write again what is generated: docs/config.md, docs/events.md, wire/schemas, wire/asyncapi.yaml
	@$(PY) -m tools.generate

.PHONY: score soak fuzz perf tracking bandit
score: setup ## play recorded cases through the pipeline and compare with their truth (CASES="dir dir")
	@$(PY) -m tools.score $(CASES) $(ARGS)

soak: setup ## ten simulated minutes, two shoppers, faults on, several seeds
	@$(PY) -m tools.soak $(ARGS)

fuzz: setup ## a million damages to each kind of frame, payload and line; the figures come at the end
	$(PY) -m pytest -n $(JOBS) -m fuzz --timeout=3600 -rP tests/fuzz_*.py $(ARGS)

perf: setup ## ratios to a bare loop: outbox, start-up, eyes; replay against real time; processor share at rest
	@$(PY) -m tools.perf $(ARGS)

tracking: setup ## how well people and hands are followed, against Norfair and ByteTrack on the same boxes
	@$(PY) -m tools.tracking $(ARGS)

bandit: setup ## picks lost by the strip's choices, and what its log says of others
	@$(PY) -m tools.bench.bandit $(ARGS)

.PHONY: test-runtimes test-qemu test-camera
test-runtimes: setup ## the TFLite seam against each runtime, in environments of their own
	@tools/runtimes.sh

test-qemu: setup ## on arm64 under qemu: the arithmetic gives the same bytes as here, the models find the same
	@tools/qemu.sh

test-camera: setup ## the camera driver on the real picamera2 and libcamera, with a virtual camera (root, 900 MB)
	@tools/picamera2.sh

.PHONY: test-rollback test-powercut
test-rollback: setup test-tools ## what does harm is taken back: thirteen harmful configurations, real processes, 2 minutes
	$(PY) -m pytest -m rollback -s --timeout=600 tests/system/test_rollback.py $(ARGS)

test-powercut: setup test-tools ## a cut at any write while documents are stored: every state that it may leave, 2 minutes
	$(PY) -m pytest -m powercut -s --timeout=900 tests/system/test_power_cut.py $(ARGS)

.PHONY: test-screen
test-screen: setup ## the panels' drivers on a real kernel, in a guest whose display is looked at (root, 200 MB)
	@tools/screen_guest.sh

.PHONY: test-picamera2
test-picamera2: test-camera

.PHONY: console
console: ## what the demo's page draws its curves with
	@tools/setup.sh console

.PHONY: setup models check-models test-tools clean
setup: ## make .venv and fill it; nothing happens while it is fresh
	@tools/setup.sh python

models: setup ## build what is missing of models/*.tflite out of published packages
	@tools/setup.sh models

check-models: setup ## build the models once more and compare with models/manifest.toml
	@$(PY) -m tools.build_models check

.PHONY: train test-train
train: setup models ## teach a model the store's own products (DATA=folder), measure it, install it if no worse
	@$(PY) -m tools.train $(if $(DATA),"$(DATA)") $(ARGS)

test-train: setup models ## a whole training with the real detector and quantiser, twice
	$(PY) -m pytest -m train tests/test_train_whole.py $(ARGS)

test-tools:
	@tools/setup.sh test-tools

clean: ## remove what was made here, .venv included
	rm -rf .venv build .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
