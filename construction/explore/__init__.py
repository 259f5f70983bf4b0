"""The explorer: a record as one page for any browser, which asks nothing of the internet.

    packed      numbers as text
    content     what the page knows of a record
    page        the files of ``page/`` as one, with that content

In the page one moves lambda and c on the sheet and draws targets by hand; the browser solves for c
itself. Records are read, without torch.
"""
