"""Minima and roots of convex functions of c, many at once, on the device where they live.

A GPU is waited for once a step, to see which are still to be solved.

All functions here are ``f_k(c)``, k = 1..rays, convex on c >= 0 with f_k(0) = L(0). Every iterate
stays inside a bracket that was evaluated; a step that would leave it is replaced by the middle
(geometric, in a wide bracket), or for minima by the point where the tangents at the bracket's ends
meet, which takes finitely many steps for piecewise linear losses.
`scipy.optimize.elementwise.find_root` is the reference in the tests.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..loss.loss import Along

#: Evaluates the rays of the given indices at one c each: means over the samples.
Evaluate = Callable[[Tensor, Tensor], Along]

EPS = torch.finfo(torch.float64).eps
#: Most steps, more than any convex function of float64 has needed; each fourth one towards a
#: minimum bisects, unless the slope has fallen to a share since the fourth before; 24th to a root.
MOST, CRAWLS, BISECTS = 400, 1e-3, 24
#: Bound taken for c f''' / f'' in what a step leaves: the largest logit of a sum of exponentials.
STEEP = 64.0
#: From this ratio of f f'' to f'^2 on, a function that has to fall to the right root counts as
#: exponential; a quadratic has at most 1/2. Chosen here.
EXPONENTIAL = 0.75
#: A third-order step whose own size predicts a residual below this share of the value is taken
#: without another evaluation.
PREDICTED = 1e-16
#: Factor by which a bracket without an upper end is widened, and from which on one counts as wide.
WIDE = 16.0
#: Largest finite scale that is tried.
FARTHEST = 2.0**1000


class Secants:
    """The curvature of functions of which only slopes are known, from the one before."""

    def __init__(self, count: int, device: torch.device) -> None:
        self.c, self.slope = torch.full((2, count), torch.nan, dtype=torch.float64, device=device)

    def of(self, which: Tensor, c: Tensor, f: Along) -> tuple[Tensor, Tensor, Tensor]:
        """The curvature, 0 where unknown, by what share it may be off, and the change it is of."""
        step = c - self.c[which]
        change = f.slope - self.slope[which]
        secant = change / step
        self.c[which], self.slope[which] = c, f.slope
        unknown = f.curvature.isnan() & f.slope.isfinite()
        off = torch.where(unknown, STEEP * step.abs() / c, 0.0)
        known = torch.where(unknown, secant.nan_to_num(0.0, 0.0, 0.0), f.curvature)
        return known, off, torch.where(unknown, change.abs(), 0.0)


class Bracket:
    """Evaluated ends around each root or minimum: lo on its left side, hi on its right."""

    def __init__(self, count: int, device: torch.device) -> None:
        self.lo = torch.zeros(count, dtype=torch.float64, device=device)
        self.hi = torch.full_like(self.lo, torch.inf)
        self.tangents = torch.zeros(2, 2, count, dtype=torch.float64, device=device)

    def update(self, which: Tensor, c: Tensor, left: Tensor) -> None:
        """Move the end that c improves: lo where `left`, else hi."""
        self.lo[which] = torch.where(left, c, self.lo[which])
        self.hi[which] = torch.where(left, self.hi[which], c)

    def keep_tangents(self, which: Tensor, f: Along, left: Tensor) -> None:
        """Value and slope at the ends that were just moved."""
        here, both = torch.stack([f.excess, f.slope]), torch.stack([left, ~left])[:, None]
        self.tangents[:, :, which] = torch.where(both, here, self.tangents[:, :, which])

    def middle(self, which: Tensor) -> Tensor:
        """The middle, geometric in a wide bracket; a larger c where there is no upper end."""
        lo, hi = self.lo[which], self.hi[which]
        further = torch.where(lo > 0, WIDE * lo, 1.0)
        middle = torch.where(hi > WIDE * lo, lo.sqrt() * hi.sqrt(), lo + (hi - lo) / 2)
        return torch.where(hi.isinf(), further, torch.where(lo > 0, middle, hi / WIDE))

    def inside(self, which: Tensor, step: Tensor, fallback: Tensor | None = None) -> Tensor:
        """The step where it lies strictly inside, else the fallback if that does, or the middle."""
        lo, hi = self.lo[which], self.hi[which]
        chosen = self.middle(which)
        for candidate in (step,) if fallback is None else (fallback, step):
            sound = (candidate > lo) & (candidate < hi) & candidate.isfinite()
            chosen = torch.where(sound, candidate, chosen)
        return chosen

    def meeting(self, which: Tensor) -> Tensor:
        """Where the tangents at the two ends meet; NaN or infinite before there are two."""
        lo, hi = self.lo[which], self.hi[which]
        value_lo, slope_lo, value_hi, slope_hi = self.tangents[:, :, which].flatten(0, 1)
        meet: Tensor = (value_lo - slope_lo * lo - value_hi + slope_hi * hi) / (slope_hi - slope_lo)
        return meet


def minimise(evaluate: Evaluate, falling: Tensor, f: Along, guess: Tensor) -> tuple[Tensor, Tensor]:
    """c* and m - L(0) of rays that fall at 0 and rise in the end, (rays,): the lowest evaluated.

    Args:
        evaluate, falling, f: the rays; their slopes at c = 0, (rays,); and they themselves at 1.
        guess: at c*, positive, (rays,).
    """
    which = torch.arange(len(guess), device=guess.device)
    bracket, secants = Bracket(len(guess), guess.device), Secants(len(guess), guess.device)
    bracket.tangents[0, 1], secants.c[:], secants.slope[:] = falling, 0.0, falling
    best, lowest = torch.zeros_like(guess), torch.zeros_like(guess)
    c, before = torch.ones_like(guess), torch.full_like(guess, torch.inf)
    for count in range(1, MOST):
        lower = f.excess < lowest[which]
        best[which] = torch.where(lower, c, best[which])
        lowest[which] = torch.where(lower, f.excess, lowest[which])
        left = f.slope < 0
        bracket.update(which, c, left)
        bracket.keep_tangents(which, f, left)
        curvature, off, kink = secants.of(which, c, f)
        step = f.slope / curvature  # Newton on the slope
        near = (step.abs() <= 1e-8 * c) & (curvature > 0) & curvature.isfinite() & (off <= 1)
        # no step through a kink, nor from behind one: what it gains is not seen
        above = f.excess - lowest[which] + (f.slope.abs() + kink) * step.abs()
        near &= above <= EPS * (f.value.abs() + f.excess.abs())
        best[which] = torch.where(near, c - step, best[which])
        lo, hi = bracket.lo[which], bracket.hi[which]
        closed = hi.isfinite() & (hi - lo <= 4 * EPS * hi)
        gain = EPS * f.excess.abs() + EPS**2 * f.value.abs()
        flat = (f.slope.abs() * c <= gain) & f.value.isfinite() & (count > 1)  # 1 may be too small
        go = torch.nonzero(~(near | closed | flat | (c > FARTHEST))).flatten()
        if not len(go):
            break
        which, following, slope = which[go], (c - step)[go], f.slope[go].abs()
        following = guess[which] if count == 1 else following
        c = bracket.inside(which, following, bracket.meeting(which))
        if count % 4 == 0:  # both crawl along an exponential
            crawls = slope > CRAWLS * before[which]
            before[which], c = slope, torch.where(crawls, bracket.middle(which), c)
        f = evaluate(c, which)
    return best, lowest


def find_root(
    evaluate: Evaluate, excess: Tensor, zero: float, start: Tensor, right: Tensor
) -> tuple[Tensor, int]:
    """The roots of f - L(0) = excess on a branch that reaches it.

    The residual is taken from the values where the target is below L(0)/2, else from the excesses.

    Args:
        excess: the target less L(0), which is `zero`, (rays,).
        start: a first guess, positive, (rays,).
        right: True for the right root, False for the left one, (rays,).

    Returns:
        The roots, (rays,), NaN where they lie beyond `FARTHEST`, and the number of evaluations of
        a ray in all.
    """
    which = torch.arange(len(start), device=start.device)
    bracket = Bracket(len(start), start.device)
    sign = torch.where(right, 1.0, -1.0).double()
    small, target = excess < -zero / 2, zero + excess
    size = torch.where(small, target.abs(), torch.maximum(excess.abs(), 1e-3 * target.abs()))
    root, c, evaluations = torch.full_like(start, torch.nan), start.clone(), 0
    secants = Secants(len(start), start.device)
    for count in range(1, MOST):
        f = evaluate(c, which)
        evaluations += len(which)
        miss = torch.where(small[which], f.value - target[which], f.excess - excess[which])
        s = sign[which]
        # beyond the root of the branch asked for: above it to the right, below it to the left;
        # where g has the wrong slope the root of the right branch is still ahead
        left = torch.where(s > 0, (miss < 0) | (f.slope <= 0), (miss > 0) & (f.slope < 0))
        bracket.update(which, c, left)
        bracket.keep_tangents(which, f, left)
        ahead = s * f.slope > 0
        newton = miss / f.slope
        curvature, off, _ = secants.of(which, c, f)
        bend = newton * curvature / f.slope
        step = newton / (1 - bend / 2).clamp_min(0.5)  # Halley's, safe where it bends much
        far = torch.where(s > 0, bend > EXPONENTIAL, f.value > 1.5 * target[which])
        far &= (target[which] > 0) & f.value.isfinite()
        ratio = torch.where(far, f.value / target[which], 1.0)
        step = torch.where(far, f.value * ratio.log() / f.slope, step)  # Newton's on log f
        following = c - step
        leaves = bend.abs() * (bend.abs() + STEEP * step.abs() / c + off) * miss.abs()
        sure = (leaves <= PREDICTED * size[which]) & (step.abs() <= 1e-3 * c)
        exact = miss.abs() <= 2 * EPS * size[which]
        still = step.abs() <= 2 * EPS * c
        done = ahead & (exact | still | (sure & (curvature > 0)))
        lo, hi = bracket.lo[which], bracket.hi[which]
        rests = exact & (s < 0) & (f.slope == 0)  # a flat minimum, whose left end is looked for:
        value, slope = bracket.tangents[0][:, which]
        reached = lo + (excess[which] - value) / slope
        done |= rests & (c <= reached * (1 + 4 * EPS))  # no nearer, as the tangent lies below
        following = torch.where(rests, reached, following)
        closed = hi.isfinite() & (hi - lo <= 2 * EPS * hi)
        polished = done & (following >= lo) & (following <= hi)
        solved = done | closed
        root[which] = torch.where(solved, torch.where(polished, following, c), root[which])
        go = torch.nonzero(~(solved | (c > FARTHEST))).flatten()
        if not len(go):
            break
        known = torch.where((ahead | rests) & (count % BISECTS > 0), following, torch.nan)
        which = which[go]
        c = bracket.inside(which, known[go])
    return root, evaluations
