"""The registry as a folder of readable files, and back: exact, in a stable order.

A line of versions (a policy, a base, a tenant's overlay, a suite) is a folder that holds
its newest version, so that a diff in git shows a change of words; older versions stand
below `history/`. Not in the folder: drafts, reviews, eval runs and who may sign in.
"""
