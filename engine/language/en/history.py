"""What is said about the history, in English."""

TEXTS = {
    "history.rescued": "The file of the history had been removed or moved. Everything was written again: {path}",
    "history.redacted": "not saved: this was part of a key",
    "history.not_recorded": "nothing was recorded for this token",
    "history.recovered": "the history file was damaged; it was kept as {path}, and {conversations:# conversation|# conversations} with {messages:# message|# messages} could be read from it",
    "history.not_kept": "this session is not saved in the history: {reason}",
    "history.speaker_user": "You",
    "history.speaker_assistant": "genchat",
    "history.speaker_system": "System",
    "history.status_stopped": "stopped",
    "history.status_error": "failed",
    "history.status_interrupted": "interrupted",
    "history.status_streaming": "being written",
    "history.status_done": "done",
}
