"""What a person sees and types: the `genchat` command and its Textual screens."""
