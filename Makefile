# What a person types. Each target sets up what it needs from nothing; deploy/setup says what that is.

PYTHON := .venv/bin/python

.PHONY: run test check bench lock clean

run:            ## the gateway on loopback, with sample mail through it (NEXT_HOP=host:port for a server of yours)
	@deploy/setup run
	@$(PYTHON) deploy/first_run.py

test:           ## every test: style, types, imports, units, real programs, end to end
	@deploy/setup test
	@$(PYTHON) -m pytest -n 2 --dist loadfile

check:          ## the fast half of the tests: style, types, imports
	@deploy/setup test
	@$(PYTHON) -m pytest tests/architecture

bench:          ## messages a second and CPU a message, beside the same load without us; inspection by itself
	@deploy/setup test
	@$(PYTHON) tests/benchmarks/inspection.py
	@$(PYTHON) tests/benchmarks/bench.py

lock:           ## resolve the dependencies anew (needs uv)
	uv pip compile -q pyproject.toml --group build --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --upgrade -o requirements.lock
	uv pip compile -q pyproject.toml --group test -c requirements.lock --generate-hashes --no-header --no-annotate \
		--python-version 3.11 -o tests/requirements.lock

clean:          ## forget the local state and the environment
	rm -rf .state .venv
