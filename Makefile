# Each target sets up what it needs; a second run does only what changed, judged by content.
PYTHON ?= python3
VENV := .venv/bin/python
export PYTHONHASHSEED ?= 0

.PHONY: help environment book test lab formgrader exercises release clean

help:
	@echo "make book        build the website: book/_build/html/index.html"
	@echo "make test        run every test"
	@echo "make lab         work the assignments in JupyterLab, in work/"
	@echo "make formgrader  grade submissions in JupyterLab"
	@echo "make exercises   rebuild what is derived from solutions/*.py"
	@echo "make release     pack what students receive: dist/course-student.zip"
	@echo "make clean       remove what use has made, but for work/, submissions and grades"

environment:
	@$(PYTHON) labkit/authoring/environment.py

book: environment
	@$(VENV) -m labkit.authoring book

test: environment
	@$(VENV) -m tests

lab: environment
	@$(VENV) -m labkit.authoring lab

formgrader: environment
	@$(VENV) -m labkit.authoring formgrader

exercises: environment
	@$(VENV) -m labkit.authoring exercises

release: environment
	@$(VENV) -m labkit.authoring release

clean:
	rm -rf .venv book/_build dist build *.egg-info .pytest_cache .ruff_cache .hypothesis
