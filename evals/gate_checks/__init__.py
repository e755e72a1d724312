"""The gate's six checks, a file each. Every one takes the Evidence and answers Reasons."""
