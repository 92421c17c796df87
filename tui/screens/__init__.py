"""The screens of genchat, one a file, its style sheet beside it."""
