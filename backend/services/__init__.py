"""Use cases, with the verbs a customer would use. Each checks the right of whoever acts."""
