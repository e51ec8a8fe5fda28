"""Attacks: whatever comes in whatever order, nothing is lost, nothing hangs, nothing grows.

``ATTACK_EXAMPLES=300 python -m pytest tests/attacks`` makes as many examples, other ones each time.
"""
