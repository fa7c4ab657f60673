"""Tests of the export: files of every format, and that they agree."""
