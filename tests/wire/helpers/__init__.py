"""Bytes on a socket: what the tests of the wire are written with."""
