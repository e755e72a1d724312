"""Start-up of the product: environment, embedded servers, guarded and supervised processes.

Nothing in here imports Django before the environment and the servers are ready.
"""
