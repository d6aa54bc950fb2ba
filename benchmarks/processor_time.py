"""How much work was a run, whatever else kept the machine busy?"""

import os


def processor_seconds() -> float:
    """Processor seconds of this process so far, with those of its ended children."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
