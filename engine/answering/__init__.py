"""From passages to answers: prompting, quoting, citations, abstaining, and the order in which answers are tried."""
