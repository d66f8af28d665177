"""Sources stay small: no long file, no class with many methods, as CONTRIBUTING.md asks."""

import ast
from pathlib import Path
from statistics import median

from deploy.local.paths import ROOT

_PACKAGES = ("runtime", "producer_api", "delivery", "deploy")
_MOST_LINES = 350
_MEDIAN_LINES = 90
_MOST_METHODS = 20


def _sources() -> list[Path]:
    python = [path for package in _PACKAGES for path in (ROOT / package).rglob("*.py")]
    typescript = (ROOT / "frontend" / "src").rglob("*.ts*")
    tests = (ROOT / "tests").rglob("*.py")
    return [*python, *typescript, *tests]


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_file_is_longer_than_350_lines() -> None:
    assert [str(path) for path in _sources() if _lines(path) > _MOST_LINES] == []


def test_median_file_has_at_most_90_lines() -> None:
    assert median(map(_lines, _sources())) <= _MEDIAN_LINES


def test_no_class_has_more_than_20_methods() -> None:
    large = []
    for package in _PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    methods = [
                        each
                        for each in node.body
                        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
                    ]
                    if len(methods) > _MOST_METHODS:
                        large.append(f"{path}: {node.name} has {len(methods)}")
    assert large == []
