"""Audio and video in and out: streams and files become PCM, PCM and pictures become files.

Inside the mock, audio has one shape: 16-bit little-endian mono PCM at the task's rate
(8000 or 16000 Hz). Nothing in this package knows of tasks, and only what pulls streams from
elsewhere (`pull`) knows of sockets and time.

PyAV does the work of the compressed formats and of video. It comes with the extra ``media``, is
imported only when it is needed, and without it everything else keeps working: what cannot be done
then raises `MediaUnavailable`, and pushed streams are estimated.
"""

from __future__ import annotations

from .channels import ChannelLevels, Channels
from .decoder import EstimatingDecoder, StreamDecoder, open_decoder, pyav_available
from .errors import DecodeError, MediaUnavailable, PullError, RecordingError, Stopped
from .files import Mp3Writer, SpectrumWriter
from .pictures import (
    KeyFrame,
    convert_mp4,
    draw_slide,
    key_frames,
    thumbnail,
    video_of_slides,
)
from .pull import pull
from .recording import PcmReader, Recording, probe, read_pcm
from .tones import tones
from .wav import read_wav

__all__ = [
    "ChannelLevels",
    "Channels",
    "DecodeError",
    "EstimatingDecoder",
    "KeyFrame",
    "MediaUnavailable",
    "Mp3Writer",
    "PcmReader",
    "PullError",
    "Recording",
    "RecordingError",
    "SpectrumWriter",
    "Stopped",
    "StreamDecoder",
    "convert_mp4",
    "draw_slide",
    "key_frames",
    "open_decoder",
    "probe",
    "pull",
    "pyav_available",
    "read_pcm",
    "read_wav",
    "thumbnail",
    "tones",
    "video_of_slides",
]
