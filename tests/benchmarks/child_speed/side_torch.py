"""The same network in PyTorch: eager, channels last."""

import math
import time

import numpy as np
import workload

from nasnet_search.builders.primitives import (
  Add,
  AveragePool,
  BatchNormalization,
  Concatenate,
  Convolution,
  Crop,
  Dense,
  DepthwiseConvolution,
  GlobalAveragePool,
  MaxPool,
  Relu,
)


def prepare(threads):
  """Imports what is needed and sets the number of threads."""
  import torch

  torch.set_num_threads(threads)


def _network(graph):
  """Returns the network as a module; modules have the names of nodes."""
  import torch
  from torch import nn
  from torch.nn import functional

  def same(size, kernel, stride, dilation=1):
    """Zeros that TensorFlow puts before and behind a side."""
    field = (kernel - 1) * dilation + 1
    zeros = max((-(-size // stride) - 1) * stride + field - size, 0)
    return zeros // 2, zeros - zeros // 2

  def padded(image, rows, columns, value=0.0):
    return functional.pad(image, (*columns, *rows), value=value)

  class Network(nn.Module):
    def __init__(self):
      super().__init__()
      self.parts = nn.ModuleDict()
      shape = {node.name: node.shape for node in graph.nodes}
      for node in graph.nodes[1:]:
        channels = shape[node.inputs[0]][-1]
        match node.primitive:
          case Convolution(filters, kernel, stride, _, dilation):
            part = nn.Conv2d(
              channels, filters, kernel, stride, dilation=dilation, bias=False
            )
          case DepthwiseConvolution(size, stride, dilation):
            part = nn.Conv2d(
              channels,
              channels,
              size,
              stride,
              dilation=dilation,
              groups=channels,
              bias=False,
            )
          case BatchNormalization(momentum, epsilon):
            part = nn.BatchNorm2d(channels, epsilon, 1 - momentum)
          case Dense(units):
            part = nn.Linear(channels, units)
          case _:
            continue
        if isinstance(part, nn.Conv2d):
          nn.init.kaiming_normal_(part.weight)
        self.parts[node.name.replace('.', '/')] = part

    def forward(self, image):
      found = {graph.nodes[0].name: image}
      for node in graph.nodes[1:]:
        inputs = [found[name] for name in node.inputs]
        found[node.name] = self.apply_node(node, inputs)
      return found[graph.output.name]

    def apply_node(self, node, inputs):
      image = inputs[0]
      match node.primitive:
        case Convolution() | DepthwiseConvolution():
          part = self.parts[node.name.replace('.', '/')]
          if getattr(node.primitive, 'padding', 'same') == 'same':
            borders = [
              same(size, kernel, stride, dilation)
              for size, kernel, stride, dilation in zip(
                image.shape[2:],
                part.kernel_size,
                part.stride,
                part.dilation,
                strict=True,
              )
            ]
            if all(before == behind for before, behind in borders):
              part.padding = tuple(before for before, _ in borders)
            else:
              image = padded(image, *borders)
          return part(image)
        case BatchNormalization() | Dense():
          return self.parts[node.name.replace('.', '/')](image)
        case Relu():
          return functional.relu(image)
        case Add():
          return sum(inputs[1:], inputs[0])
        case Concatenate():
          return torch.cat(inputs, 1)
        case GlobalAveragePool():
          return image.mean((2, 3))
        case Crop():
          return image[:, :, 1:, 1:]
        case MaxPool(size, stride):
          borders = [same(side, size, stride) for side in image.shape[2:]]
          if all(before == behind for before, behind in borders):
            return functional.max_pool2d(
              image, size, stride, tuple(before for before, _ in borders)
            )
          image = padded(image, *borders, value=-math.inf)
          return functional.max_pool2d(image, size, stride)
        case AveragePool(size, stride):
          borders = [same(side, size, stride) for side in image.shape[2:]]
          if all(before == behind for before, behind in borders):
            return functional.avg_pool2d(
              image,
              size,
              stride,
              tuple(before for before, _ in borders),
              count_include_pad=False,
            )
          counted = padded(torch.ones_like(image[:1, :1]), *borders)
          share = functional.avg_pool2d(counted, size, stride)
          pooled = functional.avg_pool2d(padded(image, *borders), size, stride)
          return pooled / share
      raise TypeError(node.primitive)

  return Network().to(memory_format=torch.channels_last)


class Side:
  """Trains children one after the other in one process."""

  def __init__(self, data, config):
    import torch

    del config
    self._data = data
    self._mean, self._std = (
      torch.tensor(x).reshape(1, 3, 1, 1)
      for x in (data.record.mean, data.record.std)
    )
    self._train, self._validation = (
      (self._normalized(torch.tensor(np.array(images))), torch.tensor(labels))
      for images, labels in (
        (data.train_images, data.train_labels.astype(np.int64)),
        (data.validation_images, data.validation_labels.astype(np.int64)),
      )
    )

  def _normalized(self, images):
    import torch

    images = images.permute(0, 3, 1, 2).float() / 255
    images = (images - self._mean) / self._std
    return images.to(memory_format=torch.channels_last)

  def _augmented(self, images):
    import torch
    from torch.nn import functional

    border = workload.CROP_PADDING
    images = functional.pad(images, (border,) * 4)
    count, size = len(images), 32
    rows = torch.randint(0, 2 * border + 1, (count, 1)) + torch.arange(size)
    columns = torch.randint(0, 2 * border + 1, (count, 1)) + torch.arange(size)
    flipped = torch.rand(count, 1) < 0.5
    columns = torch.where(flipped, columns.flip(1), columns)
    images = images.permute(0, 2, 3, 1)
    images = images[
      torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None]
    ]
    return images.permute(0, 3, 1, 2)

  def run(self, graph, seed, steps):
    """Trains and values a child; returns a `Report`."""
    import torch
    from torch.nn import functional

    start, cpu = time.perf_counter(), time.process_time()
    torch.manual_seed(seed)
    images, labels = self._train
    total = len(labels) // workload.BATCH
    network = _network(graph).train()
    optimizer, schedule = self._optimizer(network, total)
    order = torch.randperm(len(labels))[: total * workload.BATCH]
    moments = []
    for indices in order.reshape(total, -1)[:steps]:
      self._step(
        network,
        optimizer,
        schedule,
        self._augmented(images[indices]),
        labels[indices],
      )
      moments.append((time.perf_counter(), time.process_time()))
    network.eval()
    correct = 0
    with torch.no_grad():
      for pixels, truth in zip(
        *(part.split(workload.VALIDATION_BATCH) for part in self._validation),
        strict=True,
      ):
        logits = network(pixels)
        functional.cross_entropy(logits, truth)
        correct += int((logits.argmax(1) == truth).sum())
    end, end_cpu = time.perf_counter(), time.process_time()
    moments = np.array(moments)
    return workload.Report(
      moments[0, 0] - start,
      moments[0, 1] - cpu,
      np.diff(moments[:, 0]).tolist(),
      np.diff(moments[:, 1]).tolist(),
      end - moments[-1, 0],
      end_cpu - moments[-1, 1],
      correct / len(self._validation[1]),
    )

  def _optimizer(self, network, total_steps):
    import torch

    training = workload.TRAINING
    kernels = [w for w in network.parameters() if w.dim() > 1]
    vectors = [w for w in network.parameters() if w.dim() == 1]
    optimizer = torch.optim.SGD(
      [
        {'params': kernels, 'weight_decay': training.weight_decay},
        {'params': vectors},
      ],
      training.learning_rate,
      momentum=training.momentum,
      nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
      optimizer, total_steps
    )
    return optimizer, schedule

  def _step(self, network, optimizer, schedule, pixels, labels):
    import torch
    from torch.nn import functional

    optimizer.zero_grad()
    loss = functional.cross_entropy(network(pixels), labels)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(
      network.parameters(), workload.TRAINING.gradient_clip
    )
    optimizer.step()
    schedule.step()
    return loss.item()

  def first_losses(self, graph, weights, pixels, labels, count):
    """Returns the losses of steps on one batch, from given weights."""
    import torch

    network = _network(graph).train()
    start = 0
    for node in graph.nodes[1:]:
      name = node.name.replace('.', '/')
      if name not in network.parts:
        continue
      for weight in network.parts[name].parameters():
        start += self._assign(weight, weights[start:])
    optimizer, schedule = self._optimizer(network, count)
    pixels = torch.tensor(pixels).permute(0, 3, 1, 2)
    pixels = pixels.to(memory_format=torch.channels_last)
    truth = torch.tensor(labels.astype(np.int64))
    return [
      self._step(network, optimizer, schedule, pixels, truth)
      for _ in range(count)
    ]

  def _assign(self, weight, values):
    """Gives a weight the first of some values; returns how many it took."""
    import torch

    shape = tuple(weight.shape)
    size = math.prod(shape)
    values = values[:size]
    if len(shape) == 4 and shape[1] == 1 and shape[0] != 1:
      # Depthwise, or a full convolution of one channel: [rows, columns, in, 1].
      values = values.reshape(*shape[2:], shape[0]).transpose(2, 0, 1)[:, None]
    elif len(shape) == 4:
      values = values.reshape(*shape[2:], shape[1], shape[0])
      values = values.transpose(3, 2, 0, 1)
    elif len(shape) == 2:
      values = values.reshape(shape[::-1]).T
    with torch.no_grad():
      weight.copy_(torch.tensor(np.ascontiguousarray(values)))
    return size
