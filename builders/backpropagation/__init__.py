"""Networks as functions of their weights, with gradients written out.

Keras and TensorFlow's tape serve every model there can be; a child network is
made of 15 primitives and lives for seconds. Writing the gradients of these
primitives out gives a third of the graph, so a child starts in a fraction of
the time, and lets each gradient be computed in the way that is fastest where
it runs. The network computed is the one of `builders.network`.
"""
