"""What a lecturer carries into the room: films, deck, slides, handout, made of rendered films.

    plan       the lesson plan, `plan.toml`: minutes, questions and answers at every section
    steps      the sections of films as steps of the lecture: video, last picture, captions, note
    pages      all steps as one HTML file, played by `page/player.js`; the page of contents
    documents  slides, as PPTX, and what the students take home, as PDF

Films are rendered by the command (`construction.commands.lecture`); nothing here imports manim.

The player is an own one, of three small files. reveal.js would do less of it, by its source: its
speaker view opens the whole deck twice more in frames, which the policy ``default-src 'none'``
forbids and a file of 28 MB makes slow, a film that is come back to starts anew, and it prints by
another address. What would be left of its 280 kB is swiping and an overview, forty lines here.
"""
