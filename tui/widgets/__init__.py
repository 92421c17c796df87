"""The widgets of genchat's screens, one family a file."""
