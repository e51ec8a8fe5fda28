"""Decoded frames of any shape as interleaved 16-bit PCM at one rate. Needs PyAV."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.filter import Graph

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame


class Resampler:
    """Convert decoded frames to 16-bit little-endian PCM.

    With ``mono`` all channels become one; otherwise they stay, interleaved.
    """

    def __init__(self, sample_rate: int, *, mono: bool = True) -> None:
        self._sample_rate = sample_rate
        self._mono = mono
        self._shape: tuple[str, str, int] | None = None
        self._graph: Graph | None = None

    def fits(self, frame: AudioFrame) -> bool:
        """Whether the frame has the shape of those before it. If not, `flush` first."""
        return self._shape in (None, _shape_of(frame))

    def convert(self, frame: AudioFrame) -> bytes:
        """Return the PCM that is ready so far; a tail stays inside until `flush`."""
        tail = b""
        shape = _shape_of(frame)
        if shape != self._shape:
            tail = self.flush()
            self._graph, self._shape = self._open_graph(*shape), shape
        frame.pts = None
        return tail + self._push(frame)

    def flush(self) -> bytes:
        """Return the tail of what was converted; the next frame may have any shape."""
        if self._graph is None:
            return b""
        tail = self._push(None)
        self._graph = self._shape = None
        return tail

    def _push(self, frame: AudioFrame | None) -> bytes:
        assert self._graph is not None
        self._graph.push(frame)
        pcm: list[bytes] = []
        while True:
            try:
                ready = self._graph.pull()
            except (BlockingIOError, EOFError):
                return b"".join(pcm)
            assert isinstance(ready, av.AudioFrame)
            size = ready.samples * 2 * ready.layout.nb_channels
            pcm.append(bytes(ready.planes[0])[:size])

    def _open_graph(self, format: str, layout: str, sample_rate: int) -> Graph:
        # av.AudioResampler does the same, but starts a thread per core for every stream.
        graph = Graph()
        if hasattr(graph, "threads"):  # older PyAV cannot be told
            graph.threads = 1
        source = graph.add_abuffer(
            format=format,
            layout=layout,
            sample_rate=sample_rate,
            time_base=Fraction(1, sample_rate),
        )
        shape = {"sample_fmts": "s16", "sample_rates": str(self._sample_rate)}
        if self._mono:
            shape["channel_layouts"] = "mono"
        target = graph.add("aformat", **shape)
        graph.link_nodes(source, target, graph.add("abuffersink")).configure()
        return graph


def _shape_of(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate
