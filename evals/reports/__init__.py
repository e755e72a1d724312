"""One eval run as a file to keep or to send: HTML that stands alone, JUnit, CSV, JSON."""
