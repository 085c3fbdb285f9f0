"""Frames packed in one file, each as a stream of Arrow: quick to write and to read, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from channelnb.errors import BadSource


def streams_of(frames: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """The bytes of each frame, by its name in alphabetical order.

    >>> list(streams_of({"b": pd.DataFrame({"x": [1]}), "a": pd.DataFrame()}))
    ['a', 'b']
    """
    return {name: _stream(frame) for name, frame in sorted(frames.items())}


def version_of(streams: Mapping[str, bytes], *about: object) -> str:
    """A hash of frames, and of what else they are read with, which must be what JSON can hold.

    >>> version_of({"a": b"1"}, "internal") == version_of({"a": b"1"}, "partner")
    False
    """
    digest = hashlib.sha256(json.dumps(list(about), sort_keys=True).encode())
    for name, stream in streams.items():
        digest.update(name.encode() + stream)
    return digest.hexdigest()[:16]


def write_packed(path: Path, streams: Mapping[str, bytes], *, magic: bytes, header: Mapping[str, Any]) -> Path:
    """Write frames to one file, behind its first line and what it says of itself; the path.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     streams = streams_of({"sales": pd.DataFrame({"revenue": [5.0]})})
    ...     path = write_packed(Path(folder, "own.slice"), streams, magic=b"slice 1\\n", header={"partner_id": "P1"})
    ...     header, frames = read_packed(path, magic=b"slice 1\\n", kind="slice")
    >>> header["partner_id"], frames["sales"]["revenue"].tolist()
    ('P1', [5.0])
    """
    sizes = {"tables": {name: len(stream) for name, stream in streams.items()}}
    content = json.dumps({**header, **sizes}, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    path.write_bytes(magic + content + b"".join(streams.values()))
    return path


def read_packed(path: Path, *, magic: bytes, kind: str) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """What a file of packed frames says of itself, and its frames; raises BadSource where it is not of that kind."""
    content = path.read_bytes()
    if not content.startswith(magic):
        raise BadSource(f"{path} is not a {kind} of this version; cut it again with this channelnb.")
    start = content.index(b"\n", len(magic)) + 1
    header = json.loads(content[len(magic) : start])
    frames = {}
    for name, size in header["tables"].items():
        frames[name] = pa.ipc.open_stream(pa.BufferReader(content[start : start + size])).read_pandas()
        start += size
    return header, frames


def _stream(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
