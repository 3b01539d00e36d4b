"""Training of the reader (`qa/reader.py`), from public data to the shipped weights; not part of the wheel."""
