# Everything runs in an environment of its own, .venv, made from the hashed lock files.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Debian packages that the tests use as foreign witnesses: Go's verifier, openssl,
# systemd's own judge of the units, strace for faults.
DEBIAN := golang-go golang-golang-x-mod-dev openssl systemd strace

.PHONY: demo test cases attacks check format bench mutants fuzz faults powercut usb-vm simulate driver wheel lock clean exhaust

demo: $(VENV)/runtime
	@$(BIN)/tillgate demo

test: $(VENV)/dev $(VENV)/debian
	@$(BIN)/pytest

# The field's own cases; it fails if one of them has no test, or one that was skipped.
cases: $(VENV)/dev
	@$(BIN)/python -m tests.cases

# What root can do to a closed shop, and who notices: a real journal, the real programs. Some minutes.
attacks: $(VENV)/dev
	@$(BIN)/python -m tests.attacks

check: $(VENV)/dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(VENV)/dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(VENV)/dev
	@$(BIN)/python -m tests.bench

# The code broken in many small ways, one at a time: at most one in twenty may live. The same command
# goes on where it was stopped. SEED is the commit's first eight digits; ONLY="money rules" draws of some.
SAMPLE ?= 300
SEED ?=
WORKERS ?= 2
COMMIT ?= HEAD
mutants: $(VENV)/dev $(VENV)/debian
	@$(BIN)/python -m tests.mutants --sample $(SAMPLE) --seed "$(SEED)" --workers $(WORKERS) --commit $(COMMIT) $(if $(ONLY),--only $(ONLY))

# One target a parser, RUNS inputs each. Ten million take hours: not part of CI.
RUNS ?= 100000
fuzz: $(VENV)/dev
	@for target in tests/fuzz/fuzz_*.py; do $(BIN)/python -m tests.fuzz.$$(basename $$target .py) --runs $(RUNS) || exit 1; done

# Real faults under the real programs; LONG=1 tries every call on the journal, some minutes long.
faults: $(VENV)/dev $(VENV)/debian
	@LONG=$(LONG) $(BIN)/pytest tests/system/faults

# Power cuts under the journal on an ext4, half of them with torn sectors. Root, /dev/fuse, loop devices.
CUTS ?= 200
powercut: $(VENV)/dev
	@dpkg -s libfuse3-3 >/dev/null 2>&1 || { apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends libfuse3-3 >/dev/null; }
	@$(BIN)/python -m tests.system.powercut --cuts $(CUTS)

# The real kernel's USB stack in a virtual machine, cables pulled in the middle of payments; Debian 12, root.
USBVM := qemu-system-x86 debootstrap cpio
usb-vm: $(VENV)/runtime
	@dpkg -s $(USBVM) >/dev/null 2>&1 || { apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(USBVM) >/dev/null; }
	@$(BIN)/python -m tests.system.usbvm

# The whole shop under faults, one world a seed; START=n tries others than CI does.
SEEDS ?= 2000
OTHERS ?= 250
START ?= 0
simulate: $(VENV)/dev
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) --start $(START)
	@for protocol in $$($(BIN)/python -c 'from drivers.driver import PROTOCOLS; print(*PROTOCOLS[1:])'); do echo; $(BIN)/python -m tests.simulation --protocol $$protocol --seeds $(OTHERS) --start $(START) || exit 1; done

# One payment of each protocol and kind, every fault and every pair of faults at every step; ALL=1 runs
# every one of them over nights and goes on where it was stopped, else a reduced set.
exhaust: $(VENV)/dev
	@$(BIN)/python -m tests.exhaust $(if $(ALL),--all)

# A sixth protocol: folders, tests and rows, all refusing; test_parts.py says what is left to fill.
driver: $(VENV)/dev
	@$(BIN)/python -m tests.support.scaffold $(NAME)

# Both distributions, built by the locked back end and without a network.
wheel: $(VENV)/dev
	@$(BIN)/python -m tests.support.wheels dist

lock: $(VENV)/made
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 pyproject.toml --group build --upgrade --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 pyproject.toml --group build --group dev --upgrade --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info drivers/simulator/build drivers/simulator/*.egg-info

# Debian ships the venv module apart from python3; on a bare machine it is fetched once.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit("Tillgate needs Python 3.11 or newer; set PYTHON=python3.x") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); apt-get update -q && apt-get install -qy python3-venv && $(PYTHON) -m venv $(VENV); }
	@touch $@

# The checkout's drivers/ holds the simulator, which is a distribution of its own: one editable install has both.
$(VENV)/runtime: $(VENV)/made requirements.lock pyproject.toml
	@echo "Installing what requirements.lock names into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/dev: $(VENV)/made requirements-dev.lock pyproject.toml
	@echo "Installing what requirements-dev.lock names into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# Only where it can be done; elsewhere the tests that need a package say so and skip.
$(VENV)/debian: $(VENV)/made
	@if dpkg -s $(DEBIAN) >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian packages for the tests: $(DEBIAN)"; \
	    apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(DEBIAN) >/dev/null; \
	else echo "Not root: tests that need $(DEBIAN) will skip."; fi
	@touch $@
