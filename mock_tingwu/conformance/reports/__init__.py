"""Reports of a run: HTML, JUnit, Markdown; and two runs compared."""
