"""The policy workshop: read the policy, write its rules by form, try them, publish them."""
