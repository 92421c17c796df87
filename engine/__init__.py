"""Everything of genchat that is not a screen: models, sampling, training, retrieval, history.

Nothing in here imports Textual. Rooms are loaded lazily: importing `engine` costs nothing.
"""

__version__ = "0.1.0"
