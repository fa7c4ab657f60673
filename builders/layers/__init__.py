"""Keras layers of our own, where Keras has none that fits."""
