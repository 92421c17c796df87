"""The Python interface: what `import genchat` gives a student in a notebook or a script.

`genchat/__init__.py` names its functions; each module here is loaded when one of its names is first asked for. Results
are plain values that print as tables and show themselves in a notebook. Nothing is printed and nothing is written to
the history.
"""
