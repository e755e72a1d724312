"""Take over prompts that already serve: forked files become a base, overlays and live variants."""
