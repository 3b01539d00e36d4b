"""Take the shipped reader as a run to go on from: `python -m training.resume --out FOLDER` (see README.md).

The 8-bit weights are scaled back. What rounding took is lost, which a few steps of training make good.
"""

from pathlib import Path
from typing import Any

import click
import torch

from qa.weights import MINILM, READER, verified_folder
from training.model import new_reader

_LAYERS = 6
# The exporter numbers the matrices of a layer in the order of their use.
_MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_HEADS = ("answerable.0.weight", "answerable.3.weight")


def shipped_state(file: Path) -> dict[str, torch.Tensor]:
    """Give the weights of an exported file as the network names them, all as 32-bit floats."""
    import onnx
    from onnx import numpy_helper

    arrays = {i.name: numpy_helper.to_array(i) for i in onnx.load(str(file)).graph.initializer}

    def scaled(name: str) -> torch.Tensor:
        whole, scale = arrays[f"{name}_quantized"].astype("float32"), arrays[f"{name}_scale"]
        return torch.tensor((whole - arrays[f"{name}_zero_point"].astype("float32")) * scale)

    state = {name: torch.tensor(a) for name, a in arrays.items() if name.endswith((".bias", "LayerNorm.weight"))}
    for name in (n.removesuffix("_quantized") for n in arrays if n.endswith("_embeddings.weight_quantized")):
        state[name] = scaled(name)
    numbered = sorted(
        (n.removesuffix("_quantized") for n in arrays if n.startswith("onnx::") and n.endswith("_quantized")),
        key=_number,
    )
    names = [f"encoder.encoder.layer.{layer}.{m}.weight" for layer in range(_LAYERS) for m in _MATRICES]
    for name, matrix in zip(names, numbered, strict=True):
        state[name] = scaled(matrix).T.contiguous()
    state |= {name: scaled(f"{name}_Transposed").T.contiguous() for name in _HEADS}
    (span,) = (a for n, a in arrays.items() if n.startswith("onnx::") and n[-1].isdigit())  # 32 bits as it is
    state["span.weight"] = torch.tensor(span).T.contiguous()
    return state


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for `reader.pt`.")
def main(out: Path) -> None:
    """Write the shipped reader's weights as those of a run."""
    model: Any = new_reader(verified_folder(MINILM) / "model")
    model.load_state_dict(shipped_state(verified_folder(READER) / READER.files[0][0]))
    out.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), out / "reader.pt")


if __name__ == "__main__":
    main()
