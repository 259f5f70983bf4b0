"""Named runs: settings in, one result out."""
