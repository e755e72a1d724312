"""Read suites that others wrote. Each importer parses text; nothing found is executed."""
