"""Tests of networks as functions of their weights."""
