"""Folders and archives as streams; what would leave them is refused."""

import io
import os
import stat
import tarfile
import zipfile

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data import files
from nasnet_search.data.files import list_folder, read_files

ARCHIVES = ['x.tar', 'x.tar.gz', 'x.tar.bz2', 'x.tar.xz', 'x.zip']

FILES = {
  'b/2.PNG': b'two',
  'a/1.jpg': b'one',
  'a/deep/3.webp': b'three',
  'a/notes.txt': b'text',
  'a/.hidden.png': b'no',
  '.git/4.png': b'no',
  '__MACOSX/a/._1.jpg': b'no',
}
EXPECTED = {
  'a/1.jpg': b'one',
  'a/deep/3.webp': b'three',
  'a/notes.txt': None,
  'b/2.PNG': b'two',
}


def test_folder(write_folder):
  assert dict(read_files(write_folder(FILES))) == EXPECTED


@pytest.mark.parametrize('name', ARCHIVES)
def test_archives(write_archive, name):
  assert dict(read_files(write_archive(FILES, name))) == EXPECTED


def test_folder_is_sorted_and_tells_of_empty_folders(write_folder):
  folder = write_folder(FILES)
  (folder / 'c').mkdir()
  assert list_folder(folder) == [*sorted(EXPECTED), 'c/']


def test_links_in_a_folder_are_followed_but_not_in_circles(write_folder):
  folder = write_folder({'a/1.png': b'one'})
  (folder / 'b').symlink_to(folder / 'a')
  (folder / 'a' / 'up').symlink_to(folder)
  (folder / 'a' / 'gone.png').symlink_to(folder / 'nowhere')
  read = dict(read_files(folder))
  assert read['b/1.png'] == b'one'
  assert read['a/gone.png'] == b''  # An image that cannot be read.
  assert not any('up' in name for name in read)


def test_huge_files_are_not_read(write_folder, write_archive, monkeypatch):
  monkeypatch.setattr(files, '_LARGEST_FILE', 4)
  content = {'a/1.png': b'12345', 'a/2.png': b'1234'}
  for path in (
    write_folder(content),
    write_archive(content, 'x.tar.gz'),
    write_archive(content, 'x.zip'),
  ):
    assert dict(read_files(path)) == {'a/1.png': b'', 'a/2.png': b'1234'}


def tar_with(path, header, content=b''):
  with tarfile.open(path, 'w') as archive:
    good = tarfile.TarInfo('a/1.png')
    archive.addfile(good, io.BytesIO())
    header.size = len(content)
    archive.addfile(header, io.BytesIO(content))
  return path


@pytest.mark.parametrize(
  'name',
  ['../evil.png', 'a/../../evil.png', '/evil.png', 'C:\\evil.png', '..\\e.png'],
)
def test_members_that_leave_an_archive_are_refused(tmp_path, name):
  tar = tar_with(tmp_path / 'x.tar', tarfile.TarInfo(name))
  with zipfile.ZipFile(tmp_path / 'x.zip', 'w') as archive:
    archive.writestr(name, b'')
  for path in (tar, tmp_path / 'x.zip'):
    with pytest.raises(UserError, match='refused as a whole') as caught:
      list(read_files(path))
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
  'kind', [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
  header = tarfile.TarInfo('a/link.png')
  header.type = kind
  header.linkname = 'a/1.png'
  path = tar_with(tmp_path / 'x.tar', header)
  with pytest.raises(UserError, match=r"'a/link\.png', which is a link or a"):
    list(read_files(path))


def test_links_in_a_zip_are_refused(tmp_path):
  info = zipfile.ZipInfo('a/link.png')
  info.external_attr = (stat.S_IFLNK | 0o777) << 16
  with zipfile.ZipFile(tmp_path / 'x.zip', 'w') as archive:
    archive.writestr(info, '/etc/passwd')
  with pytest.raises(UserError, match=r"'a/link\.png', which is a link"):
    list(read_files(tmp_path / 'x.zip'))


@pytest.mark.parametrize('name', ARCHIVES)
def test_archives_cut_off_anywhere_are_refused(write_archive, name):
  content = {f'a/{index}.png': os.urandom(600) for index in range(5)}
  path = write_archive(content, name)
  whole = path.read_bytes()
  # A tar file ends in blocks of zeros, the first two of which matter.
  end = 5 * (512 + 1024) if name == 'x.tar' else len(whole) - 12
  for length in range(0, end, 256):
    path.write_bytes(whole[:length])
    with pytest.raises(UserError, match=r'that is whole.*Get the file again'):
      list(read_files(path))


def test_a_damaged_header_does_not_pass_for_the_end(write_archive):
  path = write_archive({f'a/{index}.png': b'x' for index in range(5)}, 'x.tar')
  content = bytearray(path.read_bytes())
  content[2 * 1024 + 10] ^= 1  # In the name of the third member.
  path.write_bytes(content)
  with pytest.raises(UserError, match='damaged at byte 2048'):
    list(read_files(path))


def test_an_encrypted_zip_is_refused(write_archive):
  path = write_archive({'a/1.png': b'x'}, 'x.zip')
  content = bytearray(path.read_bytes())
  content[content.index(b'PK\x01\x02') + 8] |= 1
  path.write_bytes(content)
  with pytest.raises(UserError, match='encrypted'):
    list(read_files(path))


def test_other_files_are_refused(tmp_path):
  path = tmp_path / 'x.txt'
  path.write_text('hello')
  with pytest.raises(UserError, match='Expected a folder, or a tar or zip'):
    list(read_files(path))
