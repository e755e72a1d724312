"""Lists of models as others publish them: price files and tables of retirements. Pure.

Nothing of a file is executed, no pattern of it compiled: names, numbers and dates are read.
"""

from fleet.clock.reading.entries import Entry, Left, Reading
from fleet.clock.reading.files import KINDS, LARGEST, Unreadable, read

__all__ = ["KINDS", "LARGEST", "Entry", "Left", "Reading", "Unreadable", "read"]
