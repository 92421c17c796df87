"""The example of the course: recipes, wishes, menus and figures of food. Known to answering by a table."""
