"""The pytest plugin and what it is made of; see docs/pytest.md."""
