"""The sampling bench as a person sees it: candidates, the ruler of the draw, and every stage with what it did."""
