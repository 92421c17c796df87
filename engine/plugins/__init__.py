"""Backends of other authors: found among the installed packages, opened with their options, and kept behind a border.

Nothing that a plug-in does ends genchat: whatever it raises, yields or forgets becomes an error that names it, and what
was said before is kept.
"""
