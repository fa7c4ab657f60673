"""Installs the top-level folders as one package, `nasnet_search`.

`cells/`, `builders/` and `flags/` live beside `nasnet_search/` in a checkout
and are installed as `nasnet_search.cells`, `nasnet_search.builders` and
`nasnet_search.flags`, so that no generic name lands in a user's
site-packages. Everything else is declared in pyproject.toml.
"""

from setuptools import find_packages, setup

packages = find_packages(include=['nasnet_search', 'nasnet_search.*'])
package_dir = {'nasnet_search': 'nasnet_search'}
for folder in ('cells', 'builders', 'flags'):
  name = f'nasnet_search.{folder}'
  packages += [name, *(f'{name}.{sub}' for sub in find_packages(folder))]
  package_dir[name] = folder

setup(
  packages=packages,
  package_dir=package_dir,
  package_data={
    'nasnet_search': ['py.typed'],
    'nasnet_search.cells': ['zoo/*.json'],
    'nasnet_search.flags': ['*.flags'],
    'nasnet_search.report': ['*.css'],
  },
)
