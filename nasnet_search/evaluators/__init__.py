"""Evaluators: what an architecture is worth."""
