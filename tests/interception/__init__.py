"""Tests of the way on which unmodified programs get to a mock."""
