"""Audio in, audio out: pushed bytes become PCM, PCM becomes the files the cloud hands out.

Inside the mock, audio has one shape: 16-bit little-endian mono PCM at the task's rate
(8000 or 16000 Hz). Nothing in this package knows of sockets, tasks or time.

PyAV does the work of the compressed formats. It comes with the extra ``media``, is imported
only when it is needed, and without it everything else keeps working.
"""

from __future__ import annotations

from .decoder import EstimatingDecoder, StreamDecoder, open_decoder, pyav_available
from .errors import DecodeError
from .files import Mp3Writer, SpectrumWriter
from .wav import read_wav

__all__ = [
    "DecodeError",
    "EstimatingDecoder",
    "Mp3Writer",
    "SpectrumWriter",
    "StreamDecoder",
    "open_decoder",
    "pyav_available",
    "read_wav",
]
