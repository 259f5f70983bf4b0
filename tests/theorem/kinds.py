"""Models of the kinds that people have, with data, a loss and its objective by hand."""

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, mse_loss

from ..problems import copied

CLASSES = 5


class Block(nn.Module):
    """Causal attention and a layer behind it, each added."""

    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 16), nn.GELU(), nn.Linear(16, width))

    def forward(self, x):
        h, size = self.first(x), x.shape[1]
        later = torch.ones(size, size, dtype=torch.bool, device=x.device).triu(1)
        x = x + self.attention(h, h, h, attn_mask=later, need_weights=False)[0]
        return x + self.mlp(self.second(x))


class GPT(nn.Module):
    """The next token of each."""

    def __init__(self, tied=False):
        super().__init__()
        self.embedding, self.position = nn.Embedding(CLASSES, 8), nn.Parameter(torch.zeros(6, 8))
        self.block, self.norm = Block(8), nn.LayerNorm(8)
        self.head = nn.Linear(8, CLASSES, bias=False)
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, tokens):
        return self.head(self.norm(self.block(self.embedding(tokens) + self.position)))


class Bert(nn.Module):
    """A class a text, of a dictionary with a mask; a dictionary with its loss comes back."""

    def __init__(self):
        super().__init__()
        self.embedding, self.body = nn.Embedding(9, 8), nn.Linear(8, 8)
        self.classifier = nn.Linear(8, 3)

    def forward(self, input_ids, attention_mask):
        mask = attention_mask[..., None].to(self.embedding.weight)
        mean = (self.embedding(input_ids) * mask).sum(1) / mask.sum(1)
        return {"loss": None, "logits": self.classifier(torch.tanh(self.body(mean)))}


class ViT(nn.Module):
    """Patches, a class token and a block; its last layer is a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.patches, self.token = nn.Conv2d(1, 8, 4, 4), nn.Parameter(torch.zeros(1, 1, 8))
        self.block, self.norm = Block(8), nn.LayerNorm(8)
        self.proj = nn.Parameter(torch.randn(8, 3) / 3)

    def forward(self, images):
        x = self.patches(images).flatten(2).mT
        x = torch.cat([x, self.token.expand(len(x), -1, -1)], 1)
        return self.norm(self.block(x))[:, -1] @ self.proj


class UNet(nn.Module):
    """A class a pixel."""

    def __init__(self):
        super().__init__()
        self.down, self.inner = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 1, 1)
        self.up, self.head = nn.ConvTranspose2d(4, 4, 2, 2), nn.Conv2d(5, 3, 1)

    def forward(self, images):
        inner = torch.relu(self.up(torch.relu(self.inner(torch.relu(self.down(images))))))
        return self.head(torch.cat([inner, images], 1))


class ByGrad(nn.Module):
    """A function and its second derivative, as of an equation u'' = f."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 12), nn.Tanh(), nn.Linear(12, 1))

    def forward(self, x):
        x.requires_grad_()
        u = self.net(x)
        (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        (bend,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
        return torch.cat([u, bend], 1)


class ByJvp(ByGrad):
    def forward(self, x):
        return torch.cat(torch.func.jvp(self.net, (x,), (torch.ones_like(x),)), 1)


class ByVmap(ByGrad):
    def forward(self, x):
        slope = torch.func.vmap(torch.func.jacrev(lambda one: self.net(one[None])[0]))(x)
        return torch.cat([self.net(x), slope[:, 0]], 1)


class Lora(nn.Module):
    """A frozen layer and a low-rank addition that starts at 0."""

    def __init__(self, layer):
        super().__init__()
        self.base_layer = layer.requires_grad_(False)
        self.lora_A = nn.Linear(layer.in_features, 2, bias=False)
        self.lora_B = nn.Linear(2, layer.out_features, bias=False)
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x):
        return self.base_layer(x) + 2 * self.lora_B(self.lora_A(x))


class Graphs(nn.Module):
    """A number a graph, of its nodes and its adjacency."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.head = nn.Linear(3, 8), nn.Linear(8, 8), nn.Linear(8, 1)

    def forward(self, nodes, edges):
        for layer in (self.one, self.two):
            nodes = torch.relu(edges @ layer(nodes))
        return self.head(nodes.mean(1))


def autoencoder():
    return nn.Sequential(nn.Conv2d(1, 3, 3, 2, 1), nn.Tanh(), nn.ConvTranspose2d(3, 1, 4, 2, 1))


def normed():
    last = nn.utils.parametrizations.weight_norm(nn.Linear(8, 3))
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), last)


def adapted():
    return nn.Sequential(Lora(nn.Linear(4, 8)), nn.ReLU(), Lora(nn.Linear(8, 3)))


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def whole(*shape, below=CLASSES):
    return torch.randint(below, shape, generator=torch.Generator().manual_seed(4))


def of_tokens(model, batch):
    tokens, wanted = batch
    return cross_entropy(model(tokens).movedim(-1, 1), wanted)


def of_pixels(model, batch):
    return cross_entropy(model(batch[0]), batch[1])


def of_texts(model, batch):
    logits = model(batch["input_ids"], batch["attention_mask"])["logits"]
    return cross_entropy(logits, batch["labels"])


def of_numbers(model, batch):
    return mse_loss(model(batch[0]), batch[1], reduction="sum") / len(batch[1])


def of_graphs(model, batch):
    return mse_loss(model(*batch[0]), batch[1], reduction="sum") / len(batch[1])


TOKENS = whole(12, 6)
LINES = torch.linspace(-1, 1, 16)[:, None]
WAVES = torch.cat([torch.sin(2 * LINES), torch.cos(2 * LINES)], 1)
TEXTS = {
    "input_ids": whole(20, 6, below=9),
    "attention_mask": (torch.arange(6) < 4).expand(20, 6).long(),
    "labels": whole(20, below=3),
}
IMAGES, ROWS = drawn(12, 1, 8, 8), drawn(20, 4)
SHIFTED = (TOKENS, torch.cat([TOKENS[:, 1:], torch.full((12, 1), -100)], 1))
EDGES = torch.softmax(drawn(14, 5, 5), -1)

#: Model, batch, loss, the objective by PyTorch, and the entries that multiply the outputs.
KINDS = {
    "gpt": (GPT, SHIFTED, "cross_entropy", of_tokens, {"head.weight"}),
    "bert": (Bert, TEXTS, "cross_entropy", of_texts, {"classifier.weight", "classifier.bias"}),
    "vit": (ViT, (IMAGES, whole(12, below=3)), "cross_entropy", of_pixels, {"proj"}),
    "u-net": (
        UNet,
        (IMAGES, whole(12, 8, 8, below=3)),
        "cross_entropy",
        of_pixels,
        {"head.weight", "head.bias"},
    ),
    "grad": (ByGrad, (LINES, WAVES), "squared", of_numbers, {"net.2.weight"}),
    "jvp": (ByJvp, (LINES, WAVES), "squared", of_numbers, {"net.2.weight", "net.2.bias"}),
    "vmap": (ByVmap, (LINES, WAVES), "squared", of_numbers, {"net.2.weight", "net.2.bias"}),
    "lora": (
        adapted,
        (ROWS, whole(20, below=3)),
        "cross_entropy",
        of_pixels,
        {"2.base_layer.weight", "2.base_layer.bias", "2.lora_B.weight"},
    ),
    "weight norm": (
        normed,
        (ROWS, whole(20, below=3)),
        "label_smoothing",
        lambda model, batch: cross_entropy(model(batch[0]), batch[1], label_smoothing=0.1),
        {"2.bias", "2.parametrizations.weight.original0"},
    ),
    "graphs": (
        Graphs,
        ((drawn(14, 5, 3), EDGES), drawn(14, 1)),
        "squared",
        of_graphs,
        {"head.weight", "head.bias"},
    ),
    "autoencoder": (autoencoder, (IMAGES, IMAGES), "squared", of_numbers, {"2.weight", "2.bias"}),
}


def fitted(model, batch, objective, steps=40):
    """State dicts before and after training."""
    start = copied(model)
    adam = torch.optim.Adam([x for x in model.parameters() if x.requires_grad], 0.02)
    for _ in range(steps):
        adam.zero_grad()
        objective(model, mapped(batch, torch.clone)).backward()  # one asks it for gradients
        adam.step()
    return start, copied(model)


def re_evaluate(model, path, batch, objective):
    """That the path's weights have the objective that it says, and that it falls."""
    heights = []
    exact = {name: value.double() for name, value in path.weights(0.0).items()}
    for s in (0.0, 0.3, 0.6, 1.0):
        state = {
            name: value.to(exact[name]) if value.is_floating_point() else value
            for name, value in path.weights(s, torch.float64).items()
        }

        def run(*args, state=state):
            return functional_call(model, state, args, tie_weights=False)

        exactly = mapped(batch, lambda x: x.double() if x.is_floating_point() else x)
        heights.append(float(objective(run, exactly).detach()))
        assert path.at(s).objective == pytest.approx(heights[-1], rel=1e-5)
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(heights)


def mapped(batch, change):
    if isinstance(batch, dict):
        return {name: mapped(value, change) for name, value in batch.items()}
    if isinstance(batch, tuple):
        return tuple(mapped(value, change) for value in batch)
    return change(batch)


def louder(state, entries):
    """An initial state that the zero predictor beats, so that a path exists."""
    return {name: 6 * value if name in entries else value for name, value in state.items()}
