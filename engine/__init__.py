"""Everything of genchat that is not a screen: models, sampling, training, retrieval, history.

Nothing in here imports Textual. Rooms are loaded lazily: importing `engine` costs nothing.
"""

__genchat__ = True  # tells our package from a stranger's that is also called `engine`
__version__ = "0.1.0"
