"""Documents name only files, commands and metrics that exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from deploy.local.paths import ROOT

_FOLDERS = ("delivery", "deploy", "docs", "frontend", "producer_api", "runtime", "tests")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_PATH = re.compile(rf"`((?:{'|'.join(_FOLDERS)})/[\w./-]*)`")
_MODULE = re.compile(rf"python -m ((?:{'|'.join(_FOLDERS)})[\w.]*)")
_METRIC = re.compile(r"`((?:delivery|producer)_[a-z_]+)[`{]")
#: Suffixes that the Prometheus client and the exposition format add to the name in the sources.
_SUFFIX = re.compile(r"_(total|count|sum|bucket)$")

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "frontend/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    """Each document in turn."""
    path: Path = request.param
    return path


def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = _LINK.findall(document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_every_path_in_code_style_exists(document: Path) -> None:
    paths = _PATH.findall(document.read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_module_in_a_command_can_be_run(document: Path) -> None:
    modules = _MODULE.findall(document.read_text())
    assert [module for module in modules if not _is_runnable(module)] == []


def test_every_metric_is_in_the_sources(document: Path) -> None:
    names = {_SUFFIX.sub("", name) for name in _METRIC.findall(document.read_text())}
    assert names - _metrics() == set()


def _is_runnable(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


@cache
def _metrics() -> frozenset[str]:
    return frozenset(_strings())


def _strings() -> Iterator[str]:
    for package in ("delivery", "producer_api"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield _SUFFIX.sub("", node.value)
