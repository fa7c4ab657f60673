"""The options in which published implementations read the papers differently.

Each tuple lists what one field of `NetworkConfig` may be. Sources: slim is
tensorflow/models, research/slim/nets/nasnet; TPU is tensorflow/tpu,
models/official/amoeba_net; DARTS is quark0/darts, cnn; ENAS is
melodyguan/enas, src/cifar10/micro_child.py; pycls is facebookresearch/unnas,
pycls/models/nas. Importing this module must not import TensorFlow.
"""

SKELETONS = ('cifar', 'imagenet', 'darts_imagenet')
"""What stands before the first stack of cells.

`cifar`: a 3x3 convolution. `imagenet`: a 3x3 convolution of stride 2 without
padding and two reduction cells, of F / 4 and F / 2 filters, rounded down
(slim, `_imagenet_stem`). `darts_imagenet`: three 3x3 convolutions of stride 2
(DARTS, `NetworkImageNet`).
"""

INPUT_FITTINGS = ('as_needed', 'always', 'current_twice')
"""How a cell brings its two inputs, h_i and h_{i-1}, to F channels.

All of them use ReLU, 1x1 convolution and batch normalisation, and a factorized
reduction for an h_{i-1} of another size.

`as_needed`: h_i always, h_{i-1} only if it has other channels; as h_{i-1} the
first cell reads the stem as it is (slim, `_reduce_prev_layer`). `always`: both,
in the first cell too (DARTS, `preprocess0` and `preprocess1`). `current_twice`:
both if they have other channels, in the first cell too, and h_i once more in
any case (ENAS, `_maybe_calibrate_size` and `layer_base`).
"""

STRIDED_IDENTITIES = (
  'convolution',
  'factorized_reduction',
  'relu_factorized_reduction',
)
"""What an identity is where a reduction cell applies it to an input.

`convolution`: ReLU, 1x1 convolution of stride 2, batch normalisation (slim).
`factorized_reduction`: without a ReLU (ENAS). `relu_factorized_reduction`:
with one, and an operation like others to drop-path (DARTS).
"""

CONVOLUTION_STYLES = ('plain', 'bottleneck')
"""How the convolutions larger than 1x1 that are not separable are built.

`plain`: at full width (pycls). `bottleneck`: at a quarter of the filters, 3/8
for 1x3 and 3x1, between two 1x1 convolutions (TPU code of AmoebaNet). A
`dilated_conv` is separable in the former and a full convolution in the latter.
"""

PADDINGS = ('same', 'zeros')
"""What strided pools see beyond the edge of an image.

`same`: nothing. `zeros`: zeros, which enter averages and maxima
(keras.applications). For convolutions the two are the same.
"""

AUXILIARY_HEADS = (
  'none',
  'before_last_reduction',
  'last_reduction',
  'after_last_reduction',
)
"""Which cell the auxiliary head reads: the one before the last reduction cell
(slim), that reduction cell (DARTS), or the one after it (ENAS)."""

AUXILIARY_POOL = 5
"""Side of the pool that an auxiliary head begins with (slim, DARTS, ENAS)."""
