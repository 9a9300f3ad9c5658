"""labkit.store: the search in order, damaged files, and downloads from a real server."""

import gzip
import hashlib
import http.server
import threading
from functools import partial

import numpy as np
import pooch
import pytest
import torch

from labkit import data, store


def idx(values):
    """The bytes of an idx file, written from the format's description."""
    head = bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
    return head + values.astype(np.uint8).tobytes()


IMAGES, LABELS = np.arange(3 * 28 * 28).reshape(3, 28, 28) % 256, np.array([0, 1, 2])
TEST_IMAGES, TEST_LABELS = np.full((2, 28, 28), 255), np.array([2, 0])
NAMES = tuple(store.FILES["mnist"])
CONTENTS = dict(zip(NAMES, map(idx, (IMAGES, LABELS, TEST_IMAGES, TEST_LABELS)), strict=True))
PACKED = {name: gzip.compress(content, mtime=0) for name, content in CONTENTS.items()}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; under /cut/ it promises whole files and sends half of each."""

    def do_GET(self):
        if not self.path.startswith("/cut/"):
            return super().do_GET()
        whole = PACKED[self.path.removeprefix("/cut/")]
        self.send_response(200)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole[:len(whole) // 2])

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Empty places, and a small stand-in for MNIST with its own sums."""
    def sums(name):
        return tuple(hashlib.sha256(b[name]).hexdigest() for b in (PACKED, CONTENTS))

    monkeypatch.setitem(store.FILES, "mnist", {name: sums(name) for name in NAMES})
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(store, "DEBIAN", tmp_path / "debian")
    monkeypatch.setitem(store.MIRRORS, "mnist", ("http://127.0.0.1:9/",))  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    return tmp_path


@pytest.fixture
def mirror(places, monkeypatch):
    """A server on this machine; the function sets which of its folders are the mirrors."""
    for folder, files in {"good": PACKED,
                          "short": {n: b[:-9] for n, b in PACKED.items()},
                          "wrong": {n: gzip.compress(b"not it", mtime=0) for n in NAMES}}.items():
        fill(places / "www" / folder, files)
    handler = partial(Handler, directory=places / "www")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def use(*folders):
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setitem(store.MIRRORS, "mnist", tuple(f"{address}/{f}/" for f in folders))

    yield use
    server.shutdown()
    server.server_close()


def fill(folder, files=PACKED):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def cached(places):
    folder = places / "cache" / "labkit" / "mnist"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def is_whole(got):
    return (torch.equal(got.x_train, torch.tensor(IMAGES[:, None] / 255, dtype=torch.float32))
            and torch.equal(got.y_train, torch.tensor(LABELS))
            and torch.equal(got.x_test, torch.ones(2, 1, 28, 28))
            and torch.equal(got.y_test, torch.tensor(TEST_LABELS)))


def test_a_good_download_is_kept_and_used_again_without_a_network(places, mirror, capfd):
    mirror("good")
    got = data.load("mnist")
    assert is_whole(got) and got.source == "download"
    assert capfd.readouterr() == ("", "")  # a line on stderr costs a graded cell its points
    assert cached(places) == sorted(NAMES)
    mirror("nowhere")
    again = data.load("mnist")
    assert is_whole(again) and again.source == "cache"


@pytest.mark.parametrize(("folder", "words"), [
    ("cut", "IncompleteRead"), ("short", "SHA256 hash"), ("wrong", "SHA256 hash"),
    ("nowhere", "404")])
def test_a_bad_download_is_refused_and_nothing_of_it_stays(places, mirror, folder, words):
    mirror(folder)
    with pytest.raises(data.DataError, match=rf"(?s)tried: http.*{words}.*Three ways"):
        data.load("mnist")
    assert cached(places) == []


@pytest.mark.parametrize("folder", ["cut", "short", "wrong", "nowhere"])
def test_the_second_mirror_is_used_when_the_first_is_bad(places, mirror, folder):
    mirror(folder, "good")
    assert is_whole(data.load("mnist")) and cached(places) == sorted(NAMES)


def test_a_download_that_stopped_half_way_goes_on_where_it_stopped(places, mirror):
    fill(places / "cache" / "labkit" / "mnist", {NAMES[0]: PACKED[NAMES[0]]})
    mirror("good")
    assert is_whole(data.load("mnist"))


@pytest.mark.parametrize("bad", [b"", b"not a gzip file", PACKED[NAMES[2]][:-9],
                                 gzip.compress(CONTENTS[NAMES[2]][:-1] + b"\1", mtime=0)])
def test_a_bad_file_in_the_cache_is_replaced_or_reported_never_used(places, mirror, bad):
    fill(places / "cache" / "labkit" / "mnist", PACKED | {NAMES[2]: bad})
    with pytest.raises(data.DataError, match=f"{NAMES[2]}.*Delete it and type: labkit data mnist"):
        data.load("mnist", download=False)
    mirror("nowhere")
    with pytest.raises(data.DataError, match="Three ways"):
        data.load("mnist")
    mirror("good")
    assert is_whole(data.load("mnist"))
    assert (places / "cache" / "labkit" / "mnist" / NAMES[2]).read_bytes() == PACKED[NAMES[2]]


@pytest.mark.parametrize("bad", [b"", b"not a gzip file", PACKED[NAMES[0]][:-9],
                                 gzip.compress(CONTENTS[NAMES[0]][:-1] + b"\1", mtime=0)])
@pytest.mark.parametrize("where", ["root", "LABKIT_DATA"])
def test_a_bad_file_in_a_folder_of_the_users_is_reported_and_left(
        places, mirror, monkeypatch, bad, where):
    mirror("good")
    file = fill(places / "mine" / "mnist", PACKED | {NAMES[0]: bad}) / NAMES[0]
    if where == "LABKIT_DATA":
        monkeypatch.setenv("LABKIT_DATA", str(places / "mine"))
    with pytest.raises(data.DataError, match=f"{NAMES[0]}.*Delete it and type: labkit data mnist"):
        data.load("mnist", root=places / "mine" if where == "root" else None)
    assert file.read_bytes() == bad and cached(places) == []


def test_a_missing_file_is_named(places):
    folder = fill(places / "mine" / "mnist", {n: PACKED[n] for n in NAMES[:3]})
    with pytest.raises(data.DataError, match=f"lacks {NAMES[3]}; copy it there, or remove"):
        data.load("mnist", root=folder.parent)


def test_a_root_that_is_no_folder_is_refused(places):
    with pytest.raises(data.DataError, match=r"root '.*nowhere' is not a folder"):
        data.load("mnist", root=places / "nowhere")


def test_the_places_are_searched_in_order(places, mirror, monkeypatch):
    mirror("good")
    folders = {"root": places / "given", "LABKIT_DATA": places / "env",
               "cache": places / "cache" / "labkit", "Debian package dataset-mnist":
               places / "debian"}
    for folder in folders.values():
        fill(folder / "mnist")
    monkeypatch.setenv("LABKIT_DATA", str(places / "env"))
    for source, folder in folders.items():
        got = data.load("mnist", root=places / "given")
        assert (got.source, got.path) == (source, folder / "mnist") and is_whole(got)
        for file in (folder / "mnist").iterdir():
            file.unlink()
        (folder / "mnist").rmdir()
    assert data.load("mnist", root=places / "given").source == "download"


def test_other_packing_of_the_same_content_is_accepted(places):
    repacked = {n: gzip.compress(c, 1, mtime=99) for n, c in CONTENTS.items()}
    assert is_whole(data.load("mnist", root=fill(places / "mine" / "mnist", repacked).parent))


@pytest.mark.parametrize("download", [True, False])
def test_no_network_and_no_data_says_the_three_ways(places, download):
    with pytest.raises(data.DataError) as raised:
        data.load("mnist", download=download)
    message = str(raised.value)
    assert "labkit data mnist" in message
    assert "LABKIT_DATA" in message and "train-images-idx3-ubyte.gz" in message
    assert str(places / "cache" / "labkit" / "mnist") in message
    assert ("tried: http://127.0.0.1:9/" in message) == download


def test_a_package_that_is_not_there_is_named_with_the_command():
    with pytest.raises(data.DataError, match="no_such_package is not installed; type: python -m "):
        store.packaged("no_such_package", "file")
    with pytest.raises(data.DataError, match="scikit-learn lacks no/file; type: python -m pip"):
        store.packaged("sklearn", "no", "file")


@pytest.mark.parametrize("content", [b"\0\0\x09\1\0\0\0\1\0", b"\0\0\x08\1\0\0\0\2\0"])
def test_what_is_no_idx_file_is_refused(content):
    with pytest.raises(data.DataError, match="not an idx file"):
        data._parse_idx(content)
