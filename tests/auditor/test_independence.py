"""The auditor shares no code with the programs that it judges."""

import ast
import subprocess
import sys
from pathlib import Path

import tests.auditor

_FOLDER = Path(tests.auditor.__file__).parent
_JUDGED = {"delivery", "producer_api"}
_FILES = [path for path in _FOLDER.rglob("*.py") if not path.name.startswith("test_")]


def test_the_auditor_imports_only_its_own_modules() -> None:
    imported = {name for path in _FILES for name in _imports(path)}
    assert not {name for name in imported if name.split(".")[0] in _JUDGED}
    ours = {name for name in imported if name.split(".")[0] in {"tests", "deploy"}}
    assert all(name.startswith("tests.auditor") for name in ours)


def test_importing_the_auditor_loads_neither_program() -> None:
    modules = [
        ".".join(path.relative_to(_FOLDER.parent.parent).with_suffix("").parts) for path in _FILES
    ]
    code = (
        f"import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted({_JUDGED!r} & {{name.split('.')[0] for name in sys.modules}}))"
    )
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        cwd=_FOLDER.parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names
