"""The plateau on ImageNet, from a checkpoint and images of the user's."""
