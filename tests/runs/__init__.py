"""Tests of the durable record and of the loop that writes it."""
