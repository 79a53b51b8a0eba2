# What a person types. Each target sets up what it needs from nothing; deploy/setup says what that is.

PYTHON := .venv/bin/python

.PHONY: run test check bench quality fuzz crash differential load docs lock clean

FUZZ_SECONDS ?= 60
MESSAGES ?= 5000
SEED ?= 1
SCALE ?= 1

run:            ## the gateway on loopback, with sample mail through it (NEXT_HOP=host:port for a server of yours)
	@deploy/setup run
	@$(PYTHON) deploy/first_run.py

test:           ## every test: style, types, imports, units, real programs, end to end
	@deploy/setup test
	@# In their order, not the files with most tests first: those that start services have few, and would come last.
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check:          ## the fast half of the tests: style, types, imports
	@deploy/setup test
	@$(PYTHON) -m pytest tests/architecture

bench:          ## messages a second and CPU a message, beside the same load without us; inspection by itself
	@deploy/setup test
	@$(PYTHON) tests/benchmarks/inspection.py
	@$(PYTHON) tests/benchmarks/bench.py
	@$(PYTHON) tests/benchmarks/milters.py

quality:        ## precision and recall on labelled mail, ordinary mail held (MAILWARD_CORPORA=folder, or shared/corpora beside)
	@deploy/setup test
	@$(PYTHON) -m tests.quality.measure
	@$(PYTHON) -m tests.quality.held

fuzz:           ## everything that reads what others send, FUZZ_SECONDS each (TARGETS="zip message" for some of them)
	@deploy/setup fuzz
	@$(PYTHON) -m tests.fuzz.guided $(FUZZ_SECONDS) $(TARGETS)

crash:          ## killed at every system call, each call failing, power cut at every moment: some minutes
	@deploy/setup test
	@$(PYTHON) -m tests.crash.campaign

differential:   ## MESSAGES (from SEED) around a program that other parsers of mail may see and we may not miss
	@deploy/setup test
	@$(PYTHON) -m tests.differential.campaign $(SEED) $(MESSAGES)

docs:           ## deploy/detectors.md and deploy/policy.schema.json anew, from the code
	@deploy/setup run
	@.venv/bin/mailward policy docs > deploy/detectors.md
	@.venv/bin/mailward policy schema > deploy/policy.schema.json

load:           ## ordinary mail beside 10,000 idle clients, slow ones, floods, eight messages of 150 MB: is any lost? (SCALE=0.1)
	@deploy/setup test
	@$(PYTHON) -m tests.load.campaign $(SCALE)

lock:           ## resolve the dependencies anew (needs uv)
	uv pip compile -q pyproject.toml --group build --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --upgrade -o requirements.lock
	echo 'bonsai>=1.5.5' | uv pip compile -q - --no-deps --generate-hashes --no-header --no-annotate --no-binary bonsai \
		--python-version 3.11 --upgrade -o requirements-ldap.lock
	uv pip compile -q pyproject.toml --group test -c requirements.lock --generate-hashes --no-header --no-annotate \
		--python-version 3.11 -o tests/requirements.lock
	uv pip compile -q pyproject.toml --group fuzz -c tests/requirements.lock --generate-hashes --no-header \
		--no-annotate --python-version 3.11 -o tests/fuzz/requirements.lock

clean:          ## forget the local state and the environment
	rm -rf .state .venv .fuzz .peers
