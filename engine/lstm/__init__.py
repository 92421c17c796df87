"""The character LSTM: trained through torch's fused layers, run one explicit step at a time without torch."""
