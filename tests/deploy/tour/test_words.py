"""Both languages have the same texts, and the sources use exactly the texts that exist."""

import ast
import string
from collections.abc import Mapping
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.tour.steps import STEPS
from deploy.tour.words import LANGUAGES


def _placeholders(words: Mapping[str, str]) -> dict[str, set[str]]:
    return {
        key: {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for key, text in words.items()
    }


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert _placeholders(LANGUAGES["es"]) == _placeholders(LANGUAGES["en"])


def test_every_word_is_used_and_every_used_one_exists() -> None:
    sources = [path for path in (ROOT / "deploy" / "tour").rglob("*.py") if _has_code(path)]
    used = {
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    built = {f"{step.name}.title" for step in STEPS}
    assert set(LANGUAGES["es"]) - used - built == set()
    assert built <= set(LANGUAGES["es"])
    topics = {step.name for step in STEPS} | {"all", "some", "load"}
    keys = {one for one in used if one.partition(".")[0] in topics and one.count(".") == 1}
    assert {one for one in keys if " " not in one} - set(LANGUAGES["es"]) == set()


def _has_code(path: Path) -> bool:
    return path.parent.name != "words"
