"""Everything that runs without a browser: rules, data, providers, work in the background."""
