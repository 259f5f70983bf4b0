"""What is said of a path, as plain values that need no torch.

- `proof`: inequalities on whole intervals of lambda.
- `certificate`: the check at N points, with the proof where one was asked for.
- `conditions`: those of the theorem and of the sheet, with values and verdicts.
"""

from .certificate import Certificate as Certificate
from .conditions import FINER as FINER
from .conditions import UNDECIDED as UNDECIDED
from .conditions import Answer as Answer
from .conditions import Condition as Condition
from .conditions import Conditions as Conditions
from .conditions import in_rounding as in_rounding
from .proof import Interval as Interval
from .proof import Proof as Proof
from .proof import Statement as Statement
