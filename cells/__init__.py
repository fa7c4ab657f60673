"""What an architecture is: operations, blocks, cells, search spaces.

Plain data and NumPy; nothing in here imports TensorFlow, and Matplotlib is
imported only while something is drawn.
"""
