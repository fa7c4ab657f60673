"""Tests of the comparison of controllers."""
