"""Whether the shape of the line tells the test accuracy, over the runs of a sweep."""
