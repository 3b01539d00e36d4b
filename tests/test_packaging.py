"""The wheel holds the four packages with their data files, and nothing else."""

import subprocess
import sys
import tomllib
import zipfile

from tests.conftest import PROJECT


def test_the_wheel_holds_the_packages_and_their_data(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("newsdesk-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"qa", "ingest", "eval", "ui"}
    needs = "qa/gate.json ui/page.css eval/gold/seeds.jsonl eval/gold/harbour.jsonl eval/gold/groundedness.jsonl"
    needs += " eval/gold/follow-ups.jsonl eval/gold/harbour-topics.jsonl eval/gold/grounding-attacks.jsonl"
    for needed in [
        *needs.split(),
        "eval/templates/report.html.j2",
        "ui/page.js",
        "ui/templates/answer.html.j2",
        "eval/bars.toml",
        "qa/reader_weights/reader-int8.onnx",
        "qa/reader_weights/reader.json",
        "qa/reader_weights/MODEL_CARD.md",
    ]:
        assert needed in names


def test_every_direct_dependency_is_pinned():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.lower().split("==") for line in lines if "==" in line and not line.startswith("#"))
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    for requirement in wanted:
        name = requirement.split(">")[0].split("=")[0].split("<")[0].strip().lower()
        assert name in pins, name
    assert pins["torch"] == "2.13.0"


def test_gradio_is_known_by_the_page_alone():
    for package in ("qa", "ingest", "eval", "ui"):
        for path in (PROJECT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            knows = any(
                line.split()[:2] in (["import", "gradio"], ["from", "gradio"]) for line in text.splitlines()
            )
            assert not knows or path.parent.name == "page", path
