# docsvc: `make run` and `make test` each work alone on a bare Debian machine (root or sudo).

SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Every step of the road and most tests start processes: without bytecode each compiles it all anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
VAR ?= var
T ?= tests/unit tests/contract tests/architecture
JOBS ?= auto

APT_RUN := softhsm2 tesseract-ocr tesseract-ocr-vie fonts-croscore
APT_TEST := postgresql chromium poppler-utils qpdf libnss3-tools gcc libc6-dev

help: ## the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: .venv/run ## try-out instance with the sample documents, then the service on 127.0.0.1:8000
	docsvc demo --folder $(VAR)
	DOCSVC_CONFIG=$(VAR)/docsvc.toml docsvc serve

worker: .venv/run ## one more worker (PostgreSQL; DOCSVC_CONFIG names the settings)
	docsvc worker

migrate: .venv/run ## bring the schema up to date
	docsvc db upgrade

test: .venv/dev ## every test; T=path runs some of them
	scripts/test $(if $(filter-out undefined default file,$(origin T)),$(T),)

test-thorough: .venv/dev ## every test, with many more examples and all public files
	THOROUGH=1 scripts/test

test-unit: .venv/dev ## unit, contract and architecture tests: fast, no network
	pytest -q -n $(JOBS) --dist worksteal $(T)

test-browser: .venv/dev ## journeys in Chromium on a real server
	pytest -q tests/browser

conformance: .venv/dev ## samples against verdicts, foreign validators
	pytest -q tests/conformance

format: .venv/dev ## ruff fix and format
	ruff check --fix . && ruff format .

lint: .venv/dev ## ruff, djlint, codespell, deptry, vulture
	ruff check .
	ruff format --check .
	djlint --lint --quiet docsvc/web/templates
	codespell
	deptry .
	vulture

types: .venv/dev ## mypy, strict
	mypy

imports: .venv/dev ## who may import whom
	lint-imports --no-cache

cov: .venv/dev ## branch coverage against its thresholds, from the last `make test`
	scripts/coverage

samples: .venv/dev ## rebuild sample_docs and check its manifest
	python sample_docs/build.py
	python sample_docs/build.py --check

goldens: .venv/dev ## draw the pictures of the appearance tests anew
	scripts/goldens

docs: .venv/dev ## write the reference from the code; stale pages are an error in check
	python docs/build.py

bench: .venv/dev ## documents a second on the whole road
	python benchmarks/road.py

storm: .venv/dev ## 200 documents while workers are killed 50 times, on both kinds of installation
	@mkdir -p build && rm -f build/storm.jsonl
	ROAD_STORM=200/50 ROAD_STORM_FIGURES=$(CURDIR)/build/storm.jsonl \
	  pytest -q tests/integration/road/test_road_storm.py
	@cat build/storm.jsonl

bench-verify: .venv/dev ## the cost of a verdict beside pyHanko and pdfsig
	python benchmarks/verify.py

bench-sign: .venv/dev ## the cost of a signature beside pyHanko: three sizes, a batch, 100 MB
	python benchmarks/sign.py
	python benchmarks/sign.py --batch 200
	python benchmarks/sign.py --memory

oracle: .venv/dev ## second opinion: our verdicts beside DSS, veraPDF and pdfsig (Java, Maven)
	@command -v javac >/dev/null || scripts/packages default-jdk-headless
	@command -v mvn >/dev/null || scripts/packages maven
	mvn --batch-mode --quiet --file scripts/oracle/pom.xml compile
	PYTHONPATH=tests$${PYTHONPATH:+:$$PYTHONPATH} python scripts/oracle/run.py

check: lint types imports test cov ## all that must pass; CI runs this and nothing else
	python docs/build.py --check

pins: .venv/uv ## compile the pins anew; they hold no address
	.venv/uv/bin/uv pip compile pyproject.toml --extra postgres --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --upgrade -q -o requirements.txt
	.venv/uv/bin/uv pip compile pyproject.toml --extra postgres --extra eu --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --upgrade -q -o requirements-dev.txt

setup: .venv/dev ## the environment for development

clean: ## remove what was made, but not the pins
	rm -rf .venv $(VAR) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage*

# The environment: uv makes it in seconds; a marker for each state of the pins.
.venv/uv:
	@scripts/packages python3-venv
	$(PYTHON) -m venv .venv
	$(PYTHON) -m venv .venv/uv
	.venv/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/run: .venv/uv requirements.txt pyproject.toml
	@scripts/packages $(APT_RUN)
	@test -e .venv/dev || .venv/uv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.txt
	.venv/uv/bin/uv pip install --quiet --no-deps --python .venv/bin/python -e .
	@touch $@

.venv/dev: .venv/uv requirements-dev.txt pyproject.toml
	@scripts/packages $(APT_RUN) $(APT_TEST)
	.venv/uv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements-dev.txt
	.venv/uv/bin/uv pip install --quiet --no-deps --python .venv/bin/python -e .
	@touch $@ .venv/run

.PHONY: help run worker migrate test test-thorough test-unit test-browser conformance format lint types imports \
  cov samples docs bench bench-verify bench-sign storm oracle check pins setup clean
