"""The cloud products: each parses and checks requests, asks the core, and renders answers."""
