"""Trained networks for use where this project is not installed."""
