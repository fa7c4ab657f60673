"""A small text whose next word often follows from the words before it."""

import random

_WHO = ['a cat', 'a dog', 'the bird', 'the fish']
_DOES = {'cat': 'sits', 'dog': 'runs', 'bird': 'flies', 'fish': 'swims'}
_WHERE = ['here', 'there', 'away']


def write_text(path, lines=300, seed=0):
  """Writes a text and returns its path as a string."""
  rng, text = random.Random(seed), []
  for _ in range(lines):
    who = rng.choice(_WHO)
    # What it does follows from a word that is not the last one.
    text.append(f'{who} {rng.choice(_WHERE)} {_DOES[who.split()[1]]}\n')
  path.write_text(''.join(text))
  return str(path)
