"""Attacks: what clients do to the mock that is not meant well.

Nothing is lost, nothing hangs, nothing grows without a bound.

``ATTACK_EXAMPLES=300 python -m pytest tests/attacks`` makes as many examples, other ones each time.
"""
