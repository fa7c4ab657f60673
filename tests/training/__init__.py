"""Tests of the builders: graphs, costs, layers and Keras models."""
