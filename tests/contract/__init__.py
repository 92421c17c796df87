"""genchat's own models and backends, put through the contract of `genchat.testing`."""
