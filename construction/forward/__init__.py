"""The outputs along a path, tile by tile, by the cheapest exact method that applies.

`forward.Forward` holds the network, the path and the data, prepares them once, and is then asked
for outputs, rays or the sheet at any lambdas.

    device, type, precision of products                           precision
    weights that fit the user's model, and its buffers            user_model
    samples: tensors in memory, or a loader                       samples, batches
    shares of several processes                                   ranks
    how many samples a tile, images channels last                 tiles
    running statistics of batch normalisation                     batch_norm
    *plain*: one forward pass a lambda                            method
    *first layer interpolated*: one that is linear in its input   method
    *flips*: a ReLU between two layers, on a CPU and a GPU        flips, flip_loops, flip_rows
    which of them, and why; the first layers they rest on         choice, first_layers
    moments for the squared loss, rays for every other            store
"""
