"""Programs that use the real host names, unchanged, against a mock.

An authority of our own vouches for those names, a proxy leads to the mock whoever asks for one of
them, and the environment of a program tells its libraries about both (docs/unmodified.md).
"""
