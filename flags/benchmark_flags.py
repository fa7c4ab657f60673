"""Flags of the comparisons: of controllers, of workers, of proxies."""

from absl import flags

CONTROLLERS = flags.DEFINE_list(
  'controllers',
  ['filter_random', 'evolution', 'local_search', 'random'],
  'Controllers to compare: presets, with settings of their own behind colons, '
  'such as evolution:evolution_population=50. The lead of the first one over '
  'the others is shown.',
)
SEEDS = flags.DEFINE_integer(
  'seeds',
  20,
  'Searches by each controller, of seeds from 0 on; for proxy, children of '
  'each architecture.',
  lower_bound=1,
)
QUERIES = flags.DEFINE_integer(
  'queries',
  300,
  'Architectures that each search values; duplicates are not counted.',
  lower_bound=1,
)
JOBS = flags.DEFINE_integer(
  'jobs', 1, 'Searches at a time, each in a process.', lower_bound=1
)
OUT = flags.DEFINE_string(
  'out',
  'comparison',
  'Folder of the comparison; what is there already is not made again.',
)
SIMULATED_WORKERS = flags.DEFINE_list(
  'simulated_workers',
  ['1', '8', '64'],
  'Numbers of workers, for simulate: how many architectures are valued at a '
  'time.',
)
TARGET = flags.DEFINE_float(
  'target',
  0.3,
  'What simulate waits for: a regret, or a report where the best is not known.',
)
RELABEL = flags.DEFINE_bool(
  'relabel',
  False,
  'Shuffle the order of decisions and the numbers of outcomes for each seed.',
)
PROXIES = flags.DEFINE_list(
  'proxies',
  ['epochs=1', 'given'],
  'For proxy: the proxies to compare, the fullest last. Each is written as the '
  'settings in which it differs from the flags, joined by colons, such as '
  'epochs=1:train_images=2500; given is the flags as they are.',
)
CELLS = flags.DEFINE_list(
  'cells',
  [],
  'For proxy: published cells to train, by name. Not given, it is nasnet_a '
  'where the space is of cells.',
)
RANDOM_CELLS = flags.DEFINE_integer(
  'random_cells',
  20,
  'For proxy: random architectures of the space to train besides.',
  lower_bound=0,
)
