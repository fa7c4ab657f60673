"""Benchmarks: how good controllers are, measured in searches of known worth."""
