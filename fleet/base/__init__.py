"""The workshop of base prompts: their versions, the draft of the next one, a new prompt."""
