"""Stories filmed and stills drawn: folders, processes, films and the truth about them."""
