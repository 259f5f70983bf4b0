"""What a lecturer carries into the room: films, deck, slides, handout, made of rendered films.

    plan       the lesson plan, `plan.toml`: minutes, questions and answers at every section
    steps      the sections of films as steps of the lecture: video, last picture, captions, note
    pages      all steps as one HTML file, played by `page/player.js`; the page of contents
    documents  slides, as PPTX, and what the students take home, as PDF

Films are rendered by the command (`construction.commands.lecture`); nothing here imports manim.
What is written here raises a `CacheError` where its folder cannot be written.

The player is an own one: reveal.js opens the deck again for its notes, which ``default-src 'none'``
forbids, starts a film anew that is come back to, and would leave forty of these lines at 280 kB.
"""
