"""The one place that chooses implementations: settings stop here."""
