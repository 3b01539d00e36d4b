"""What the documentation says is so."""

import json
import re

from qa.config import PREFIX, Settings
from qa.models import Answer
from tests.conftest import PROJECT

DOCS = PROJECT / "docs"


def test_every_setting_is_documented_with_its_default():
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(NEWSDESK_\w+)` \| (.+?) \|", text, re.MULTILINE))
    assert set(rows) == {PREFIX + name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        shown = rows[PREFIX + name.upper()].strip("`")
        if name not in ("cache_dir", "llm_base_url", "llm_api_key"):
            default = "unset" if field.default is None else str(field.default)
            assert shown == default.removesuffix(".0") or float(shown) == float(field.default), name


def test_the_example_of_an_answer_has_exactly_the_fields_of_one():
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    example = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    real = Answer("q", "q").to_json()
    assert list(example) == list(real)
    for field in real:
        assert f"`{field}`" in text


def test_the_readme_begins_with_the_two_commands():
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert text.index("make chat") < 1500
    assert text.index("make test") < 1500


def test_no_file_of_the_project_names_a_path_of_the_machine_it_was_made_on():
    for path in [*PROJECT.glob("*.md"), *DOCS.glob("*.md"), *PROJECT.glob("*.txt"), PROJECT / "Makefile"]:
        assert "/work/" not in path.read_text(encoding="utf-8"), path
