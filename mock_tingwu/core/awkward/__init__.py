"""Awkward within the contract: what a scope does that only lazy clients trip over.

`habits` is the table of it, and how profiles are written. `documents` (JSON) and `hearing` (interim
results) are functions of a seeded draw and a value; `manners` joins them for one scope.
"""
