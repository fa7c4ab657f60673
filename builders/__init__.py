"""From an architecture to a Keras model, and what it costs.

Knows cells; knows nothing of searching. `graph` and `cost` work without
TensorFlow; `network` makes the Keras model, and `backpropagation` the function
that a search trains its children as.
"""
