"""What a policy makes of choices, for tests of any policy."""

import tensorflow as tf

from nasnet_search.controllers import losses


def evaluated(policy, batch):
  """Returns log-probabilities of what was chosen, `[batch, steps * slots]`."""
  log_probs = losses.masked_log_softmax(
    policy.logits(tf.constant(batch.inputs), tf.constant(batch.refers)),
    batch.allowed,
  )
  taken = losses.of_chosen(log_probs, batch.chosen)
  return tf.reshape(taken, (taken.shape[0], -1))
