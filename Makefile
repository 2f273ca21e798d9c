# `make site` and `make test` do all set-up themselves. See README.md.
PYTHON_BIN := .venv/bin/python
export PYTHONHASHSEED := 0

.PHONY: site test explore lint bench setup setup-test requirements schemas clean

site: setup ## check the platforms of content/status.yml and build site/
	@$(PYTHON_BIN) -m generator run; code=$$?; $(PYTHON_BIN) .ci/exit-code.py $$code

test: setup-test lint ## everything
	bash .ci/test

explore: setup-test ## property tests with examples that nobody has tried yet; `make test` tries the same ones each time
	RW_EXPLORE=1 $(PYTHON_BIN) -m pytest -q -n 2 --dist loadfile -m hypothesis tests

lint: setup-test ## ruff, mypy, and our own content
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(PYTHON_BIN) -m mypy
	$(PYTHON_BIN) -m generator lint

bench: setup-test ## measures, prints a table, writes docs/performance.md
	$(PYTHON_BIN) -m tests.bench

setup:
	@bash .ci/setup run

setup-test:
	@bash .ci/setup test

requirements: setup-test ## pin and hash again after a change of pyproject.toml
	bash .ci/pin

schemas: setup ## write the editors' schemas again after a change of what content may say
	$(PYTHON_BIN) -m generator schema config > .vscode/config.schema.json
	$(PYTHON_BIN) -m generator schema note > .vscode/note.schema.json
	$(PYTHON_BIN) -m generator schema cause > .vscode/cause.schema.json

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache tests/clients/node_modules
