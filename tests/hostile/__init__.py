"""Submissions that attack the grader, run among honest ones; `python -m tests.hostile --record`."""
