"""Export a trained reader: `python -m training.export --data FOLDER --run FOLDER` (see README.md).

Writes the int8 ONNX, its calibration, and what the framework gives on a few texts of our own, which the tests
compare with what the shipped file gives.
"""

import json
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from qa.reader import Reader, Runtime, open_runtime
from qa.weights import MINILM, verified_folder
from training.batches import collate, encode, load_tokenizer
from training.corpus import file_sha256, read_squad
from training.data import Sample
from training.model import ReaderNet, new_reader

MODEL_FILE = "reader-int8.onnx"
CALIBRATION_FILE = "reader.json"
_OPSET = 17
_FP32_TOLERANCE = 1e-3  # largest difference of a logit between torch and the fp32 ONNX
_INPUTS = ["input_ids", "token_type_ids", "attention_mask"]
_OUTPUTS = ["start_logits", "end_logits", "answerable"]
_RIDGE = 1e-2  # strength of the quadratic penalty of the calibration
REFERENCE = (
    ("Who opened the new bridge?", "The new bridge was opened on Monday by Maria Keller, the mayor of Altstadt."),
    ("When was the bridge opened?", "The new bridge was opened on Monday by Maria Keller, the mayor of Altstadt."),
    (
        "Who designed the new bridge?",
        "The new bridge was opened on Monday by Maria Keller, the mayor of Altstadt.",
    ),
    ("How much did the bridge cost?", "The work took three years. The city paid 12 million euros for the bridge."),
    ("What is the capital of Peru?", "Prices of coffee rose by 4% in March, the exchange in London said."),
)


def export(run: Path, data: Path, out: Path) -> dict[str, Any]:
    """Export the run's weights into a folder; give the parity and the calibration."""
    folder = verified_folder(MINILM) / "model"
    model = new_reader(folder)
    model.load_state_dict(torch.load(run / "reader.pt", weights_only=True, map_location="cpu"))
    model.eval()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary) / "reader.onnx"
        _to_onnx(model, whole)
        _quantise(whole, out / MODEL_FILE)
        samples = [
            Sample(r.question, r.context, None, "parity") for r in read_squad(data / "squad-dev", "held back")
        ]
        parity = {
            "fp32": _difference(model, whole, folder, samples),
            "int8": _difference(model, out / MODEL_FILE, folder, samples),
        }
    if parity["fp32"]["largest"] > _FP32_TOLERANCE:
        raise click.ClickException(f"the ONNX file does not give what torch gives: {parity['fp32']}")
    calibration = calibrate(open_runtime(out / MODEL_FILE, folder / "tokenizer.json", (0.0, 1.0, 0.0)), data)
    (out / CALIBRATION_FILE).write_text(json.dumps(calibration, indent=2) + "\n", encoding="utf-8")
    _write_reference(model, folder)
    return {
        "parity": parity,
        "calibration": calibration,
        "sha256": {name: file_sha256(out / name) for name in (MODEL_FILE, CALIBRATION_FILE)},
    }


def calibrate(runtime: Runtime, data: Path) -> dict[str, float]:
    """Fit the log-odds on the held-back questions: from the answerable logit and the span's margin over none."""
    from scipy.optimize import minimize

    rows = read_squad(data / "squad-dev", "held back")
    columns = [
        _log_odds(Reader(lambda c=c: replace(runtime, calibration=c)), rows)  # type: ignore[misc]
        for c in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    ]
    x = np.array(columns).T
    scale = x.std(axis=0)
    target = np.array([1.0 if row.answers else -1.0 for row in rows])

    def loss(b: np.ndarray) -> float:
        margin = target * (b[0] + (x / scale) @ b[1:])
        return float(np.logaddexp(0, -margin).mean() + _RIDGE * (b[1:] ** 2).sum())

    b = minimize(loss, np.zeros(3), method="L-BFGS-B", bounds=[(None, None), (0, None), (0, None)]).x
    weights = [b[0], *(b[1:] / scale)]
    return {n: round(float(v), 5) for n, v in zip(("intercept", "answerable", "margin"), weights, strict=True)}


def _log_odds(reader: Reader, rows: Any) -> list[float]:
    return [reader.read(row.question, [row.context])[0].log_odds for row in rows]


def _to_onnx(model: ReaderNet, target: Path) -> None:
    example = torch.ones((1, 8), dtype=torch.int64)
    dynamic = {0: "batch", 1: "tokens"}
    axes = dict.fromkeys((*_INPUTS, *_OUTPUTS[:2]), dynamic) | {_OUTPUTS[2]: {0: "batch"}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that the dynamic axes take care of
        torch.onnx.export(
            model,
            (example, example, example),
            str(target),
            input_names=_INPUTS,
            output_names=_OUTPUTS,
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )


def _quantise(source: Path, target: Path) -> None:
    """Quantise the encoder's weights to 8 bits; the heads are small, and stay as they are."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    names = [node.name for node in onnx.load(str(source)).graph.node]
    heads = [name for name in names if name.startswith(("/span/", "/answerable/"))]
    # `reduce_range`: without VNNI instructions, products of full 8-bit weights overflow.
    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        nodes_to_exclude=heads,
    )


def _difference(model: ReaderNet, file: Path, folder: Path, samples: list[Sample]) -> dict[str, float]:
    """Compare an ONNX file with torch, text by text: differences of logits of all tokens and of the text."""
    session = open_runtime(file, folder / "tokenizer.json", (0.0, 1.0, 0.0)).session
    tokenizer = load_tokenizer(folder)
    spans, texts = [], []
    for sample in samples:
        theirs = _torch_logits(model, tokenizer, sample)
        encoded = encode(tokenizer, sample)
        assert encoded is not None  # a sample without an answer always fits  # noqa: S101
        batch = collate([encoded])
        ours = session.run(
            _OUTPUTS,
            dict(zip(_INPUTS, (t.numpy() for t in (batch.ids, batch.types, batch.attention)), strict=True)),
        )
        mask = batch.mask.numpy()
        spans += [np.abs(a - b)[mask] for a, b in zip(ours[:2], theirs[:2], strict=True)]
        texts.append(np.abs(ours[2] - theirs[2]))
    span, text = np.concatenate(spans), np.concatenate(texts)
    return {
        "largest": round(float(max(span.max(), text.max())), 6),
        "mean of span logits": round(float(span.mean()), 6),
        "mean of answerable logit": round(float(text.mean()), 6),
    }


@torch.no_grad()
def _torch_logits(model: ReaderNet, tokenizer: Any, sample: Sample) -> list[np.ndarray]:
    encoded = encode(tokenizer, sample)
    assert encoded is not None  # a sample without an answer always fits  # noqa: S101
    batch = collate([encoded])
    starts, ends, answerable = model(batch.ids, batch.types, batch.attention)
    return [starts.numpy(), ends.numpy(), answerable.numpy()]


def _write_reference(model: ReaderNet, folder: Path) -> None:
    tokenizer = load_tokenizer(folder)
    rows = []
    for question, text in REFERENCE:
        sample = Sample(question, text, None, "reference")
        starts, ends, answerable = _torch_logits(model, tokenizer, sample)
        length = len(tokenizer.encode(question, text).ids)  # what follows is padding
        rows.append(
            {
                "question": question,
                "text": text,
                "start_logits": [round(float(v), 4) for v in starts[0][:length]],
                "end_logits": [round(float(v), 4) for v in ends[0][:length]],
                "answerable": round(float(answerable[0]), 4),
            }
        )
    path = Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the sets.")
@click.option(
    "--run", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the training run."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("qa/reader_weights"))
def main(data: Path, run: Path, out: Path) -> None:
    """Export, quantise, check parity, calibrate; print what goes into the weights table and the model card."""
    click.echo(json.dumps(export(run, data, out), indent=2))


if __name__ == "__main__":
    main()
