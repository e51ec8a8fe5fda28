"""Attacks: each is met without loss, hang or a failure of the server."""
