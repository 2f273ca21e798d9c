"""Stories: rounds and notes in, what the page says out. A story is a folder with a `story.yml`."""
