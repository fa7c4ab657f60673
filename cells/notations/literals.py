"""Data in the syntax of Python or JSON, read without executing anything."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.plain_data import shortened

# Bad syntax, null bytes, and two ways to be nested too deeply.
_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse_python(text: str) -> ast.Module:
  """Returns the syntax tree of a text in Python.

  Raises:
    UserError: The text is not Python.
  """
  try:
    return ast.parse(text)
  except _ERRORS as error:
    raise UserError(
      f'Expected text in the syntax of Python. Received an error: {error}.'
    ) from error


def literal(node: ast.expr) -> Any:
  """Returns the value of a literal, such as a list of numbers.

  Raises:
    UserError: The expression is none.
  """
  try:
    return ast.literal_eval(node)
  except _ERRORS as error:
    raise UserError(
      f'Expected a list or tuple of literals. Received: {shown(node)}.'
    ) from error


def shown(node: ast.expr) -> str:
  """Returns an expression as Python, cut to a length that fits a message."""
  try:
    return shortened(ast.unparse(node))
  except RecursionError:
    return 'an expression that is nested too deeply'


def called(node: ast.AST) -> str:
  """Returns the last name of what an expression calls; empty if nothing."""
  if not isinstance(node, ast.Call):
    return ''
  if isinstance(node.func, ast.Attribute):
    return node.func.attr
  return node.func.id if isinstance(node.func, ast.Name) else ''


def assigned(node: ast.AST) -> str:
  """Returns the name that a statement assigns to; empty if none."""
  if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
    return node.targets[0].id
  return ''


def read_dict(text: str) -> dict[Any, Any]:
  """Returns a dict written as JSON or as a Python literal.

  Raises:
    UserError: The text is neither, or not a dict.
  """
  try:
    data = json.loads(text)
  except (ValueError, RecursionError):
    try:
      data = ast.literal_eval(text.strip())
    except _ERRORS as error:
      raise UserError(
        'Expected a dict as JSON or as a Python literal. Received text that '
        f'is neither: {error}.'
      ) from error
  if not isinstance(data, dict):
    raise UserError(f'Expected a dict. Received: {shortened(data)}.')
  return data


def write_dict(data: Mapping[str, Any]) -> str:
  """Returns a mapping as JSON, one key a line."""
  lines = (f'  {json.dumps(key)}: {json.dumps(data[key])}' for key in data)
  return '{\n' + ',\n'.join(lines) + '\n}\n'
