"""Mixed traffic with faults on for a while: what leaks, and what of the model does not hold?

``python -m benchmarks.soak --seconds 600`` starts a server in a process of its own and drives it
from this one. Traffic lives in scopes, one after the other: each has its own rules for what goes
wrong, is followed entry by entry, is looked through at its end and dropped. So memory has to stay
where it is, and descriptors, threads and jobs have to be back where they were.
"""
