"""Questions about real documents that nobody of this project wrote; README.md tells who may look at which half."""
