"""Ingest and ask with no network at all: nothing is downloaded at run time."""

import json
import os
import shutil
import subprocess

import pytest

from tests.conftest import SEEDS

NAMESPACE = ("unshare", "--user", "--map-root-user", "--net")
# Loopback is needed: the embedded runtime opens a port there.
WITH_LOOPBACK = (*NAMESPACE, "sh", "-c", 'ip link set lo up 2>/dev/null || true; exec "$@"', "sh")
READ_ONLY = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def _allowed(command: tuple[str, ...]) -> bool:
    return (
        shutil.which("unshare") is not None
        and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    )


def _need(command: tuple[str, ...], what: str) -> None:
    if _allowed(command):
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must be able to make a namespace without {what}")
    pytest.skip(f"this system forbids namespaces: cannot prove it without {what}")


@pytest.mark.model
def test_ingest_and_ask_work_without_any_network(run_newsdesk, tmp_path, seed_pipeline):
    _need(NAMESPACE, "network")
    # seed_pipeline has put the model files together; here everything else is from nothing.
    check = subprocess.run(
        [*WITH_LOOPBACK, "python3", "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 3)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "unreachable" in check.stderr.lower()
    done = run_newsdesk("ingest", SEEDS, "--data-dir", tmp_path / "i", prefix=WITH_LOOPBACK)
    assert done.returncode == 0, done.stderr
    done = run_newsdesk(
        "ask", "--json", "What is the NATO spending target?", "--data-dir", tmp_path / "i", prefix=WITH_LOOPBACK
    )
    assert done.returncode == 0, done.stderr
    assert "2%" in json.loads(done.stdout)["text"]


def test_a_read_only_data_folder_is_one_clear_line_and_nothing_is_lost(run_newsdesk, tmp_path):
    _need((*READ_ONLY[:-2], "true"), "write access")
    folder = tmp_path / "i"
    assert run_newsdesk("ingest", SEEDS, "--data-dir", folder).returncode == 0
    before = (folder / "catalog.sqlite3").read_bytes()
    script = f'mount --bind -o ro {folder} {folder} && mount -o remount,ro,bind {folder} && exec "$@"'
    for command in (["ingest", SEEDS], ["ingest", "--rebuild"]):
        done = run_newsdesk(*command, "--data-dir", folder, prefix=(*READ_ONLY, script, "sh"))
        assert done.returncode == 2, done.stderr
        assert "cannot be written" in done.stderr
        assert "--data-dir" in done.stderr
        assert "Traceback" not in done.stderr
    assert (folder / "catalog.sqlite3").read_bytes() == before
    asked = run_newsdesk("ask", "--llm", "none", "What is the NATO spending target?", "--data-dir", folder)
    assert "2% target" in asked.stdout
