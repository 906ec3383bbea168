# Two commands matter: `make up` starts everything, `make test` checks everything. Both work from a fresh clone.

PYTHON_FOUND = $$(sh convergio/bootstrap/find-python.sh)
RUN = @python=$(PYTHON_FOUND) && exec "$$python" -m convergio.bootstrap

.PHONY: up test lint fmt bench chaos install lock migrations clean reset

up:  ## start everything and print where it is
	$(RUN) up

test:  ## lint, then every test; TESTS="tests/unit -k loop" for some
	$(RUN) test

lint:  ## import contract, ruff, types, templates
	$(RUN) lint

fmt:  ## bring the code into the common form
	$(RUN) fmt

bench:  ## print figures beside their targets; BENCH="chain loop" for some
	$(RUN) bench

chaos:  ## attack the product while it works; SEED="1 2 3" RUNS=1000
	$(RUN) chaos

install:  ## install everything without starting anything
	$(RUN) install

lock: install  ## write the lock files anew from pyproject.toml
	@.venv/bin/python -m convergio.bootstrap.lock

migrations: install  ## write migrations for changed models
	@.venv/bin/python manage.py makemigrations

clean:  ## remove what was installed and built; data stays
	$(RUN) clean

reset:  ## remove the data as well
	$(RUN) reset
