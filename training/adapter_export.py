"""Write a trained adapter as GGUF: `python -m training.adapter_export --run FOLDER --out FILE` (see README.md)."""

import json
from pathlib import Path

import click
import numpy as np
import torch

from qa.config import Settings
from qa.prompts import JUDGE
from qa.weights import QWEN_1_5B, assembled_file
from training.adapter import GGML_MATRICES
from training.adapter_train import WEIGHTS_FILE


def export(run: Path, out: Path) -> None:
    """Write the adapter of a run, in 16 bits, with the words from which llama.cpp switches it on."""
    import gguf
    from transformers import AutoTokenizer

    weights = assembled_file(QWEN_1_5B, Settings().cache_dir, click.echo)
    tokenizer = AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    state = torch.load(run / WEIGHTS_FILE, weights_only=True)
    settings = json.loads((run / "adapter.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(out, "qwen2")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", settings["alpha"])
    writer.add_key_value(
        "adapter.alora.invocation_tokens",
        tokenizer.encode(JUDGE, add_special_tokens=False),
        gguf.GGUFValueType.ARRAY,
        sub_type=gguf.GGUFValueType.UINT32,
    )
    for name, (a, b) in state.items():
        layer, _, matrix = name.partition(".")
        for part, values in (("lora_a", a), ("lora_b", b)):
            tensor = values.numpy().astype(np.float16)
            writer.add_tensor(f"blk.{layer}.{GGML_MATRICES[matrix]}.weight.{part}", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@click.command()
@click.option("--run", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of `adapter.pt`.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The GGUF file to write.")
def main(run: Path, out: Path) -> None:
    """Write the adapter for llama.cpp."""
    export(run, out)


if __name__ == "__main__":
    main()
