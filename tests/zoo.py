"""torchvision's models, also where its compiled operators cannot be loaded.

Its wheels on the public index are built for CUDA. Beside a CPU build of PyTorch their library finds
no counterpart, and the import ends where the operators `nms` and `qnms` of object detection get
their shapes. No classifier calls them: declared here, without an implementation, they let the
import go on.
"""

import sys
from functools import cache
from types import ModuleType

import torch


@cache
def torchvision() -> ModuleType:
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]  # half imported
        _declare()
        import torchvision
    return torchvision


@cache
def _declare() -> torch.library.Library:
    """Kept by the cache: the declarations last as long as the library does."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
