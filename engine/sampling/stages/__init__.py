"""One file a stage: STAGE describes it, its function does the work. A new file here is a new stage everywhere."""
