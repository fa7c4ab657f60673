"""Image data sets, their splits and their augmentation.

`registry.load_data` gives the images of a configuration with their record,
`registry.describe` their shape and classes, and `augmentation` what happens
to them inside a graph. Only `augmentation` imports TensorFlow, and
`keras_sets` when a data set is read for the first time.
"""
