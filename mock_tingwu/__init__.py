"""A local cloud for Alibaba's meeting APIs."""

__version__ = "0.1.0"
