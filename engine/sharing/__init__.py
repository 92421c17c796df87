"""Conversations for people who have no genchat: a page of one file that a browser opens without a network."""
