"""The explorer: a record as one page for any browser, which asks nothing of the internet.

    content     what the page knows of a record, its numbers packed as text
    page        the files of ``page/`` as one, with that content

In the page one moves lambda and c on the sheet and draws targets by hand; the browser solves for c
itself. Records are read, without torch.
"""
