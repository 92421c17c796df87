"""Models of unlike vocabularies side by side: what each expects at one place of a text, and of the whole text."""
