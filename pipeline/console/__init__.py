"""The pages in the browser: templates, modules, one style sheet, messages in two languages."""
