"""What is said about the branches of a conversation, in English."""

TEXTS = {
    "tree.end": "⟨end⟩",
    "tree.same_branch": "This line lies on the same branch as the marked one. Go to another branch to compare the two.",
    "tree.name_title": "Name the branch",
    "tree.name_hint": "The name stands in the tree. Leave it empty to take it away.",
    "tree.delete_title": "Delete the branch?",
    "tree.delete_question": "“{text}” and all that grew from it, {messages:# message|# messages}, will be deleted permanently.",
    "tree.after": "after: {text}",
    "tree.at_the_beginning": "at the beginning of the conversation",
    "tree.help_branches": "Comparing two branches",
    "tree.help_branches_about": "The marked branch stands at the left, the other at the right. Both columns have the same lines as long as the texts are the same, in faint letters; ▌ marks the place where they part.",
    "tree.being_written": "This branch is being written. Stop the reply first (Esc).",
}
