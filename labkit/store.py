"""Where the files of a data set lie: looked up in order, checked by sha256, downloaded once."""

import gzip
import hashlib
import importlib.util
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PARTS = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
          "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
# File name -> sha256 of the .gz that the mirrors serve, sha256 of its content. Other packers
# (Debian) change the .gz but not the content, so local files are judged by their content.
FILES: dict[str, dict[str, tuple[str, str]]] = {
    "mnist": dict(zip(_PARTS, (
        ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
         "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
         "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
         "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
         "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")), strict=True)),
    "fashion-mnist": dict(zip(_PARTS, (
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
         "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
         "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
         "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
         "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")), strict=True)),
}
MIRRORS: dict[str, tuple[str, ...]] = {
    "mnist": ("https://ossci-datasets.s3.amazonaws.com/mnist/",
              "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    "fashion-mnist": (
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
}
DEBIAN = Path("/usr/share/datasets")  # where the Debian package dataset-fashion-mnist puts it
_TIMEOUT = 20  # seconds without an answer before the next mirror is tried


class DataError(RuntimeError):
    """A data set cannot be had as it should be; the message says why and what to do."""


class NotFound(DataError):
    """No place on this machine has the data set."""


@dataclass(frozen=True)
class Found:
    """The unpacked files of a data set by name, the folder they lie in, and the kind of place."""

    contents: dict[str, bytes]
    folder: Path
    source: str


def fetch(name: str, *, root: str | Path | None = None, download: bool = True,
          progress: bool = False) -> Found:
    """Return the checked files of `name`, from the first place that has them.

    Places: `root`, $LABKIT_DATA, the user's cache, the Debian package, then a download into the
    cache. `progress` shows a bar. Raises `DataError` when a file is damaged or no place has it.
    """
    damaged: DataError | None = None
    for source, folder in _places(name, root):
        try:
            if folder.is_dir():
                return Found(_read(name, folder), folder, source)
        except DataError as error:
            if source != "cache":  # the cache is ours to mend, the other folders are the user's
                raise
            damaged = error
    if not download:
        raise damaged or NotFound(_missing(name, []))
    folder = cache_folder() / name
    _download(name, folder, progress)
    return Found(_read(name, folder), folder, "download")


def cache_folder() -> Path:
    """Return the folder where downloads are kept: labkit's part of the user's cache."""
    import pooch  # takes 0.2 s, and most runs need no cache

    return Path(pooch.os_cache("labkit"))


def packaged(package: str, *parts: str) -> Path:
    """Return the path of a file inside an installed package, without importing the package.

    Raises `DataError` when the package is not installed or does not hold the file.
    """
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin or "").parent.joinpath(*parts) if spec else None
    if path is None or not path.is_file():
        name = {"sklearn": "scikit-learn"}.get(package, package)
        why, again = (("is not installed", "") if path is None else
                      (f"lacks {'/'.join(parts)}", "--force-reinstall --no-deps "))
        raise DataError(f"the package {name} {why}; type: python -m pip install {again}{name}")
    return path


def _places(name: str, root: str | Path | None) -> Iterator[tuple[str, Path]]:
    """(kind of place, folder) in the order of the search; not every folder exists."""
    if root is not None:
        if not Path(root).is_dir():
            raise DataError(f"root {str(root)!r} is not a folder; name one that holds {name}/")
        yield "root", Path(root) / name
    if os.environ.get("LABKIT_DATA"):
        yield "LABKIT_DATA", Path(os.environ["LABKIT_DATA"]) / name
    yield "cache", cache_folder() / name
    yield f"Debian package dataset-{name}", DEBIAN / name


def _read(name: str, folder: Path) -> dict[str, bytes]:
    """Unpack and check every file of a set; DataError names the first that is not as it should."""
    contents = {}
    for file, (_, content_sum) in FILES[name].items():
        path = folder / file
        try:
            contents[file] = gzip.decompress(path.read_bytes())
        except FileNotFoundError:
            raise DataError(f"{folder} lacks {file}; copy it there, or remove the folder "
                            f"and type: labkit data {name}") from None
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path} cannot be read ({error}); {_replace(name)}") from None
        if hashlib.sha256(contents[file]).hexdigest() != content_sum:
            raise DataError(f"{path} is not the file of {name}: its sha256 differs; "
                            f"{_replace(name)}")
    return contents


def _replace(name: str) -> str:
    return f"it may be truncated or changed. Delete it and type: labkit data {name}"


def _download(name: str, folder: Path, progress: bool) -> None:
    """Bring every file of a set into `folder`, from the first mirror that serves it whole."""
    import pooch

    pooch.get_logger().setLevel("WARNING")  # a line on stderr costs a graded cell its points
    get = pooch.HTTPDownloader(timeout=_TIMEOUT, progressbar=progress)
    for file, (packed_sum, _) in FILES[name].items():
        failures = []
        for mirror in MIRRORS[name]:
            try:
                # pooch writes to a temporary file, and moves it here when the sum is right
                pooch.retrieve(mirror + file, f"sha256:{packed_sum}", file, folder, downloader=get)
                break
            except (OSError, ValueError) as error:  # no network, an HTTP error, a wrong sum
                failures.append(f"{mirror}{file}: {error}")
        else:
            raise NotFound(_missing(name, failures))


def _missing(name: str, failures: list[str]) -> str:
    given = os.environ.get("LABKIT_DATA")
    why = "".join(f"\n  tried: {failure}" for failure in failures)
    return (f"no data for {name!r} on this machine, and none downloaded.{why}\n"
            f"Three ways to get it:\n"
            f"  1. with a network, type: labkit data {name}\n"
            f"  2. copy {', '.join(FILES[name])} into a folder {name}/, and set LABKIT_DATA "
            f"to the folder above it (now: {given or 'not set'})\n"
            f"  3. copy them into {cache_folder() / name}/\n"
            f"Or use mnist-sample or digits, which need no download.")
