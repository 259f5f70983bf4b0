"""The explorer: a record, read without torch, as one page that asks nothing of the internet.

    content     what the page knows of a record, its numbers packed as text
    page        the files of ``page/`` as one, with that content

In it one moves lambda and c on the sheet and draws targets by hand; the browser solves for c.
"""
