"""Streams that are pulled from other servers: HTTP, HLS and RTMP, down to the audio's frames.

The mock contacts nothing but what it may, and libav contacts nothing at all: every byte that it
sees was read here. Everything blocks, and gives up within a moment when it is told to stop.
"""
