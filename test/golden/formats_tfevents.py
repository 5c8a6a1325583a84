"""An event file as TensorBoard's own writer makes it, as base64, with what it holds, and CRC-32C of known text.

Usage: python test/golden/formats_tfevents.py > test/golden/formats_tfevents.json, with the package tensorboard
"""

import base64
import io
import json
import sys

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c
from tensorboard.summary.writer.record_writer import RecordWriter

HEADER_TIME = 1700000000.25
EVENTS = [
    {"wallTime": 1700000001.5, "step": 0, "scalars": {"accuracy/id": 0.1, "accuracy/out of distribution": 0.0}},
    {"wallTime": 1700000002.0, "step": 1, "scalars": {"train/loss": 2.302585}},
    {"wallTime": 1700000003.125, "step": 300, "scalars": {"effective_robustness/größer": -0.0123}},
    {"wallTime": 1700000004.0, "step": 5_000_000_000, "scalars": {}},
]

buffer = io.BytesIO()
writer = RecordWriter(buffer)
writer.write(Event(wall_time=HEADER_TIME, file_version="brain.Event:2").SerializeToString())
for event in EVENTS:
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in event["scalars"].items()]
    summary = Summary(value=values)
    writer.write(Event(wall_time=event["wallTime"], step=event["step"], summary=summary).SerializeToString())

json.dump(
    {
        "headerTime": HEADER_TIME,
        "events": EVENTS,
        "file": base64.b64encode(buffer.getvalue()).decode(),
        "crc32c": {text: crc32c(text.encode()) for text in ["", "123456789", "größer"]},
    },
    sys.stdout,
    indent=2,
    ensure_ascii=False,
)
