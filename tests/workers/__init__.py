"""Tests of the workers: where evaluations run and what they survive."""
