"""The small trained models that ship with genchat, a folder each, and the programs that make them."""
