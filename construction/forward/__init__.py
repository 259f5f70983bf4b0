"""The outputs along a path, tile by tile, by the cheapest exact method that applies.

`Forward` (`forward`) holds the network, the path and the data, prepares them once, and is then
asked for outputs, moments, rays or the sheet at any lambdas.

    what is prepared                                              module
    device, type, precision of products                           precision
    weights that fit the user's model, and its buffers            user_model
    samples: tensors in memory, or a loader                       samples, batches
    tiles on their way to a GPU, one ahead                        transfer
    shares of several processes                                   ranks
    how many samples a tile, images channels last                 tiles
    running statistics of batch normalisation                     batch_norm

    who computes                                                  module
    *plain*: one forward pass a lambda                            method
    *first layer interpolated*: one that is linear in its input   method
    *flips*: two fully connected layers, a ReLU between           flips
    in loops on a CPU, sorted on a GPU                            kernel, rows
    which of them, and why                                        choice
    what they rest on: the first layers, a network cut there      first_layers

    what is kept                                                  module
    moments for the squared loss, rays for every other            store
"""
