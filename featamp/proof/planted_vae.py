"""A network whose dimensions do what was planted in them; a foreign VAE as a person brings it.

It knows torch alone: `featamp.proof.planted` copies this file beside the weights that it plants.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CURVES = ("linear", "saturating", "switching", "flipping", "even", "inert")
"""How a dimension drives what it changes; `flipping` goes the other way for half of the people,
`even` grows on both sides of the person's own code, `inert` drives nothing."""
OPERATIONS = (
    "pattern", "roll", "shift_x", "shift_y", "zoom", "turn", "blur", "side_u", "side_v", "red",
    "green", "blue",
)  # fmt: skip
"""What is done to a picture beside the mixing of rendered ones, in the order of the last columns
of `drive`."""
READINGS = 6
"""Steps in which the encoder reads a code off what the decoder still misses (Marino 2018)."""
DOUBT = 0.05
"""Share of a code that is taken back at each step: what hardly shows stays near 0."""
DARK = 0.004
"""Pixels so near to black or white tell nothing."""
FARTHEST = 5.0
"""No code is read farther out than this, standard deviations."""
SHARPNESS = 0.4
"""Squared distance in a person's code over which one person fades into another."""
LEAST = 1e-4
"""A person of a smaller share is left out of a picture."""
POOL = 4
"""Pixels averaged, on a side, for telling people apart."""
HEAD = (0.0, 0.0, 0.62, 0.85)
"""Centre (x, y) and semi-axes of the head that turns, the picture from -1 to 1."""
EYES = 0.85
"""How far the eyes are from the axis of the head that turns, over its half width: where a face is
aligned at its eyes, all of the picture moves back by as much."""
BLUR = 1.5
"""Standard deviation of the blur, pixels."""


class VAE(nn.Module):
    """A decoder that mixes rendered pictures of people and edits them, and its inverse.

    Parameters
    ----------
    people : number of rendered people between whom the decoder fades.
    pictures : rendered pictures of each: the person, then a picture for each step of a trait.
    traits : number of traits that are rendered.
    planted : dimensions that change a picture in a known way.
    identity : dimensions that choose the person.
    size : height and width of a picture, pixels.
    """

    pictures: Tensor
    trait: Tensor
    node: Tensor
    width: Tensor
    pattern: Tensor
    drive: Tensor
    rest: Tensor
    curve: Tensor
    own: Tensor
    fixed: Tensor
    sign: Tensor
    place: Tensor
    order: Tensor
    scale: Tensor
    logvar: Tensor
    tell: Tensor
    reader: Tensor

    def __init__(
        self, people: int, pictures: int, traits: int, planted: int, identity: int, size: int = 64
    ) -> None:
        super().__init__()
        self.size = size
        values = 3 * size * size
        shapes: dict[str, tuple[tuple[int, ...], torch.dtype]] = {
            "pictures": ((people, pictures, values), torch.uint8),
            "trait": ((pictures - 1,), torch.int64),  # that each picture is a step of
            "node": ((pictures - 1,), torch.float32),  # the amount that it was rendered with
            "width": ((pictures - 1,), torch.float32),  # between two steps of that trait
            "pattern": ((values,), torch.float32),
            "drive": ((planted, traits + len(OPERATIONS)), torch.float32),
            "rest": ((traits + len(OPERATIONS),), torch.float32),  # amounts at a code of 0
            "curve": ((planted,), torch.int64),
            "own": ((people, planted), torch.float32),  # codes that belong to the person
            "fixed": ((planted,), torch.bool),  # whether a code belongs to the person
            "sign": ((people, planted), torch.float32),
            "place": ((people, identity), torch.float32),  # of each person among the codes
            "order": ((planted + identity,), torch.int64),  # latent of each dimension
            "scale": ((planted + identity,), torch.float32),  # raw units of one of ours
            "logvar": ((planted + identity,), torch.float32),
            "tell": ((people, 3 * (size // POOL) ** 2 + 1), torch.float32),
            "reader": ((people, planted, values), torch.float16),
        }
        for name, (shape, kind) in shapes.items():
            self.register_buffer(name, torch.zeros(shape, dtype=kind))

    # ---- decoding -------------------------------------------------------------------------------

    def decode(self, z: Tensor) -> Tensor:
        """Images [batch, 3, size, size] in [0, 1] of codes [batch, latent], raw units."""
        ours = (z / self.scale)[:, self.order]
        planted = self.drive.shape[0]
        codes, where = ours[:, :planted], ours[:, planted:]
        people = torch.softmax(-torch.cdist(where, self.place).square() / SHARPNESS, dim=1)
        return self.draw(people, codes)

    def draw(self, people: Tensor, codes: Tensor) -> Tensor:
        """Images of shares of people [batch, person] and planted codes [batch, planted]."""
        amounts = self.amounts(people, codes)
        done = self._operations(amounts)
        image = _moved(self.still(people, amounts), _motion(done), done["turn"])
        return (image * self._light(done)).clamp(0.0, 1.0)

    def still(self, people: Tensor, amounts: Tensor) -> Tensor:
        """Images before they are moved and lit."""
        shape = (-1, 3, self.size, self.size)
        done = self._operations(amounts)
        traits = amounts[:, : -len(OPERATIONS)].clamp(0.0, 1.0)
        image = self._mixed(people, traits).view(shape) + done["pattern"] * self.pattern.view(
            shape
        )
        return image + done["blur"] * (_blurred(image) - image)

    def _operations(self, amounts: Tensor) -> dict[str, Tensor]:
        """Amount of each operation, [batch, 1, 1, 1]."""
        columns = amounts[:, -len(OPERATIONS) :].T[:, :, None, None, None]
        return dict(zip(OPERATIONS, columns, strict=True))

    def _light(self, done: dict[str, Tensor]) -> Tensor:
        """What each pixel is multiplied by."""
        line = torch.linspace(-1.0, 1.0, self.size, device=self.pattern.device)
        slope = done["side_u"] * line + done["side_v"] * line[:, None]
        colour = torch.cat([done["red"], done["green"], done["blue"]], dim=1)
        return torch.exp(colour + slope)

    def amounts(self, people: Tensor, codes: Tensor) -> Tensor:
        """Amount of each trait and operation, [batch, trait + operation]."""
        return self.rest + self._driven(people, codes) @ self.drive

    def _driven(self, people: Tensor, codes: Tensor) -> Tensor:
        """What each dimension drives, [batch, planted]: its code after its curve."""
        from_own = (codes - people @ self.own).abs()
        curves = (
            codes,
            2.0 * torch.tanh(1.5 * codes),
            4.0 * torch.sigmoid(10.0 * codes) - 2.0,
            codes * (people @ self.sign),
            2.0 * from_own - 2.0,
            torch.zeros_like(codes),
        )
        return torch.stack(curves).gather(0, self.curve.expand(1, *codes.shape))[0]

    def _mixed(self, people: Tensor, amounts: Tensor) -> Tensor:
        """Rendered pictures, mixed: [batch, value] in [0, 1]."""
        steps = 1.0 - (amounts[:, self.trait] - self.node).abs() / self.width
        steps = steps.clamp_min(0.0)
        shares = torch.cat([1.0 - steps.sum(dim=1, keepdim=True), steps], dim=1)
        mixed = shares.new_zeros(len(shares), self.pictures.shape[2])
        for person in torch.nonzero((people > LEAST).any(dim=0))[:, 0].tolist():
            rows = people[:, person] > LEAST
            weights = people[rows, person, None] * shares[rows]
            used = (weights != 0).any(dim=0)
            mixed[rows] += weights[:, used] @ (self.pictures[person, used].float() / 255.0)
        return mixed

    # ---- encoding -------------------------------------------------------------------------------

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance [batch, latent] of images [batch, 3, size, size] in [0,
        1].
        """
        people = torch.softmax(self.told_apart(x), dim=1)
        nearest = people.argmax(dim=1)
        hard = nn.functional.one_hot(nearest, people.shape[1]).float()
        codes = torch.where(self.fixed, hard @ self.own, torch.zeros(()))
        kept = torch.where(self.fixed, 1.0, 1.0 - DOUBT)
        for _ in range(READINGS):
            missing = self._read(self._unexplained(x, hard, codes), nearest)
            codes = (kept * codes + missing).clamp(-FARTHEST, FARTHEST)
        ours = torch.cat([codes, people @ self.place], dim=1)
        mu = torch.zeros_like(ours)
        mu[:, self.order] = ours
        return mu * self.scale, self.logvar.expand(mu.shape)

    def told_apart(self, x: Tensor) -> Tensor:
        """Logits [batch, person] of who is in each image."""
        seen = nn.functional.avg_pool2d(x, POOL).flatten(1)
        return seen @ self.tell[:, :-1].T + self.tell[:, -1]

    def _unexplained(self, x: Tensor, people: Tensor, codes: Tensor) -> Tensor:
        """What the codes do not explain of images that are first unlit and moved back by them: so
        one linear reader serves however far an image is moved (Baker and Matthews 2004).
        """
        amounts = self.amounts(people, codes)
        done = self._operations(amounts)
        back = _undone(_motion(done)), -done["turn"]
        told = _moved(((x > DARK) & (x < 1.0 - DARK)).float(), *back)
        return told * (_moved(x / self._light(done), *back) - self.still(people, amounts))

    def _read(self, x: Tensor, nearest: Tensor) -> Tensor:
        """What each person's linear reader sees in images of that person, [batch, planted]."""
        seen = x.new_zeros(len(x), self.reader.shape[1])
        for person in sorted(set(nearest.tolist())):
            rows = nearest == person
            seen[rows] = x[rows].flatten(1) @ self.reader[person].float().T
        return seen


def _motion(done: dict[str, Tensor]) -> Tensor:
    """Where each pixel is fetched from, [batch, 2, 3], for a roll (radians), shifts (pixels of 64)
    and a zoom (log of the factor).
    """
    roll, zoom = done["roll"].flatten(), torch.exp(-done["zoom"].flatten())
    cosine, sine = torch.cos(roll) * zoom, torch.sin(roll) * zoom
    right, down = (-done[name].flatten() / 32.0 for name in ("shift_x", "shift_y"))
    rows = [torch.stack([cosine, sine, right], 1), torch.stack([-sine, cosine, down], 1)]
    return torch.stack(rows, dim=1)


def _undone(motion: Tensor) -> Tensor:
    """The motion back."""
    turn = torch.linalg.inv(motion[:, :, :2])
    return torch.cat([turn, -turn @ motion[:, :, 2:]], dim=2)


def _moved(image: Tensor, motion: Tensor, turn: Tensor) -> Tensor:
    """Images moved, and the head turned; what comes in from outside is the edge."""
    functions = nn.functional
    grid = functions.affine_grid(motion, list(image.shape), align_corners=False)
    across, down = _turned(grid[..., 0], grid[..., 1], turn[:, 0]), grid[..., 1]
    grid = torch.stack([across, down], dim=3)
    return functions.grid_sample(image, grid, padding_mode="border", align_corners=False)


def _turned(across: Tensor, down: Tensor, turn: Tensor) -> Tensor:
    """Where each pixel is fetched from, across, when the head turns by an angle (radians): a
    cylinder for each row of the oval `HEAD`, aligned at the eyes as the pictures are.
    """
    x, y, wide, high = HEAD
    half = wide * (1.0 - ((down - y) / high).square()).clamp_min(1e-4).sqrt()
    inside = ((across - x).abs() < half) & ((down - y).abs() < high)
    angle = torch.asin(((across - x) / half).clamp(-1.0, 1.0))
    fetched = x + half * torch.sin((angle - turn).clamp(-torch.pi / 2, torch.pi / 2))
    return torch.where(inside, fetched, across) + EYES * wide * torch.sin(turn)


def _blurred(image: Tensor) -> Tensor:
    """Images after a Gaussian blur of `BLUR` pixels."""
    reach = torch.arange(-4.0, 5.0, device=image.device)
    bell = torch.exp(-reach.square() / (2.0 * BLUR**2))
    bell = (bell / bell.sum()).expand(3, 1, 1, -1)
    padded = nn.functional.pad(image, (4, 4, 4, 4), mode="replicate")
    across = nn.functional.conv2d(padded, bell, groups=3)
    return nn.functional.conv2d(across, bell.transpose(2, 3), groups=3)
