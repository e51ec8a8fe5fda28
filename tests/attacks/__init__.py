"""Attacks: what clients do to the mock that is not meant well, and how much of it it bears."""
