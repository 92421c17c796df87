"""The character LSTM, its gates visible."""
