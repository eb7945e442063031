"""What a run leaves to look at: log.jsonl, log.csv, TensorBoard events where that is installed, and PNG sample grids."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:  # optional: the CSV has the same numbers
    SummaryWriter = None


class Record:
    """The log of one stage; the numbers of iterations that were lost with an interruption are taken out of the CSV."""

    def __init__(self, folder: Path, iteration: int) -> None:
        self.folder, self.csv = folder, folder / "log.csv"
        self.events = SummaryWriter(str(folder / "events"), purge_step=iteration) if SummaryWriter else None
        if self.csv.exists():
            with open(self.csv, newline="") as file:
                rows = [row for row in csv.reader(file) if not row[0].isdigit() or int(row[0]) <= iteration]
            with open(self.csv, "w", newline="") as file:
                csv.writer(file).writerows(rows)

    def event(self, **facts: object) -> None:
        """One line of log.jsonl; its numbers go to TensorBoard too."""
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(json.dumps(facts) + "\n")
        if self.events:
            for name, value in facts.items():
                if isinstance(value, (int, float)) and name != "iteration":
                    self.events.add_scalar(name, value, facts.get("iteration"))

    def terms(self, **numbers: float) -> None:
        """Means of the loss terms since the last call, `iteration` first. A stage's later terms start with empty cells."""
        self.event(**numbers)
        with open(self.csv, newline="") if self.csv.exists() else open(self.csv, "x+", newline="") as file:
            rows = list(csv.reader(file)) or [[]]
        names = rows[0] + [name for name in numbers if name not in rows[0]]
        with open(self.csv, "a" if names == rows[0] else "w", newline="") as file:
            writer = csv.writer(file)
            if names != rows[0]:
                writer.writerows([names, *([*row, *[""] * (len(names) - len(row))] for row in rows[1:])])
            writer.writerow([numbers.get(name, "") for name in names])

    def grid(self, iteration: int, columns: list[Tensor]) -> None:
        """samples-<iteration>.png: each column is (N, 3, H, W) in [-1, 1], all of one size."""
        rows = np.concatenate([column.float().clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy() for column in columns], 2)
        Image.fromarray(rows.reshape(-1, *rows.shape[2:])).save(self.folder / f"samples-{iteration:06d}.png")
