"""Evaluation of answers against gold cases (not the builtin of that name)."""
