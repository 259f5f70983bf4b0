"""What a person does at the page, and reads there."""


def settled(page) -> None:
    """Until what was asked for last is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def number(page, name: str) -> float:
    """As a person reads it."""
    text = page.locator(f"#number-{name}").inner_text()
    return float(text.replace("−", "-").replace("∞", "inf"))


def to_lambda(page, k: int) -> None:
    """By the slider's own keys."""
    page.focus("#lambda")
    page.keyboard.press("Home")
    for _ in range(k):
        page.keyboard.press("ArrowRight")
    settled(page)


def close(found: float, wanted: float) -> bool:
    return found == wanted or abs(found - wanted) <= 1e-6 * abs(wanted)
