"""Tests of the controllers, and small spaces to test them on."""
