"""What a lecturer carries into the room: films, deck, slides, handout, made of rendered films.

    plan       the lesson plan, `plan.toml`: minutes, questions and answers at every section
    steps      the sections of films as steps of the lecture: video, last picture, captions, note
    deck       all steps as one HTML file, played by `page/player.js`
    slides     the same as PPTX
    handout    what the students take home, as PDF
    contents   the page that lists all of it, and the captions as WebVTT

Films are rendered by the command (`construction.commands.lecture`); nothing here imports manim.

The player is an own one, of three small files. reveal.js was tried on paper: its speaker view opens
the whole deck twice more in frames, which a file of 25 MB under the policy ``default-src 'none'``
cannot be, its going back starts films anew, and it prints by another address; what would be left of
it, 280 kB, is swiping and an overview, which are forty lines here.
"""
