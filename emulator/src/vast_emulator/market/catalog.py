# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is for rent: graphics cards, hosts' hardware and places. Plausible, not copied from any host."""

from __future__ import annotations

from typing import NamedTuple


class Gpu(NamedTuple):
    """A card: memory in MB, bandwidth in GB/s, TFLOPS, W, $/h for one card on demand, and machine sizes seen."""

    name: str
    ram: int
    bandwidth: float
    tflops: float
    dlperf: float
    compute_cap: int
    watts: float
    price: float
    sizes: tuple[int, ...]
    nvlink: float = 0.0
    arch: str = "nvidia"


GPUS = (
    Gpu("RTX 4090", 24564, 1008.0, 82.6, 98.0, 890, 450.0, 0.36, (1, 2, 4, 8)),
    Gpu("RTX 3090", 24576, 936.2, 35.6, 42.0, 860, 350.0, 0.19, (1, 2, 4)),
    Gpu("RTX 5090", 32607, 1792.0, 104.8, 190.0, 1200, 575.0, 0.52, (1, 2, 4, 8)),
    Gpu("A100 SXM4", 81920, 2039.0, 19.5, 120.0, 800, 400.0, 1.05, (2, 4, 8), 300.0),
    Gpu("A100 PCIE", 40960, 1555.0, 19.5, 98.0, 800, 250.0, 0.74, (1, 2, 4)),
    Gpu("H100 SXM", 81559, 3352.0, 66.9, 350.0, 900, 700.0, 2.05, (4, 8), 450.0),
    Gpu("H200", 143771, 4800.0, 66.9, 400.0, 900, 700.0, 2.85, (4, 8), 450.0),
    Gpu("RTX A6000", 49140, 768.0, 38.7, 52.0, 860, 300.0, 0.45, (1, 2, 4)),
    Gpu("RTX 6000Ada", 49140, 960.0, 91.1, 96.0, 890, 300.0, 0.72, (1, 2, 4)),
    Gpu("L40S", 46068, 864.0, 91.6, 90.0, 890, 350.0, 0.68, (1, 2, 4)),
    Gpu("RTX 4080", 16376, 716.8, 48.7, 62.0, 890, 320.0, 0.22, (1, 2)),
    Gpu("RTX 4070 Ti", 12282, 504.2, 40.1, 46.0, 890, 285.0, 0.14, (1, 2)),
    Gpu("RTX 3080", 10240, 760.3, 29.8, 32.0, 860, 320.0, 0.11, (1, 2)),
    Gpu("RTX 3060", 12288, 360.0, 12.7, 13.5, 860, 170.0, 0.06, (1, 2, 4)),
    Gpu("Tesla V100", 32768, 897.0, 14.1, 38.0, 700, 300.0, 0.24, (1, 2, 4)),
    Gpu("Tesla T4", 15360, 320.1, 8.1, 11.0, 750, 70.0, 0.13, (1, 2)),
    Gpu("MI300X", 196592, 5300.0, 163.4, 310.0, 940, 750.0, 1.99, (8,), 0.0, "amd"),
)

# (city or country, two-letter code), every continent with people on it.
PLACES = (
    ("Sweden", "SE"),
    ("Norway", "NO"),
    ("Finland", "FI"),
    ("Germany", "DE"),
    ("France", "FR"),
    ("Netherlands", "NL"),
    ("Poland", "PL"),
    ("Czechia", "CZ"),
    ("Bulgaria", "BG"),
    ("Spain", "ES"),
    ("United Kingdom", "GB"),
    ("California", "US"),
    ("Texas", "US"),
    ("Washington", "US"),
    ("Quebec", "CA"),
    ("Ontario", "CA"),
    ("Mexico", "MX"),
    ("Brazil", "BR"),
    ("Argentina", "AR"),
    ("Chile", "CL"),
    ("Japan", "JP"),
    ("South Korea", "KR"),
    ("Taiwan", "TW"),
    ("Vietnam", "VN"),
    ("India", "IN"),
    ("Singapore", "SG"),
    ("United Arab Emirates", "AE"),
    ("South Africa", "ZA"),
    ("Nigeria", "NG"),
    ("Kenya", "KE"),
    ("Australia", "AU"),
    ("New Zealand", "NZ"),
)

# (name, cores, GHz, architecture, board)
CPUS = (
    ("AMD EPYC 7K62", 96, 3.3, "amd64", "ROME2D32GM-2T"),
    ("AMD EPYC 7742", 128, 3.4, "amd64", "H12SSL-i"),
    ("AMD EPYC 9654", 192, 3.7, "amd64", "GENOA2D24G-2L+"),
    ("AMD Ryzen 9 7950X", 32, 5.7, "amd64", "X670E Taichi"),
    ("Intel Xeon Gold 6330", 56, 3.1, "amd64", "X12DPG-OA6"),
    ("Intel Core i9-13900K", 32, 5.8, "amd64", "Z790 AORUS"),
    ("Xeon E5-2680 v4", 28, 2.4, "amd64", "X99-F8D"),
    ("Neoverse-V2", 72, 3.4, "arm64", "GH200 Carrier"),
)

DISKS = (("Samsung SSD 980", 2100.0), ("WD_BLACK SN850X", 5200.0), ("KINGSTON SNV2S", 1500.0), ("nvme", 3400.0))

# (driver, highest CUDA version it serves)
DRIVERS = (("535.183.01", 12.2), ("550.127.05", 12.4), ("560.35.03", 12.6), ("570.124.04", 12.8), ("580.65.06", 13.0))

UBUNTUS = ("20.04", "22.04", "24.04")
STORAGE_PRICES = (0.1, 0.12, 0.15, 0.15, 0.2, 0.25)
VOLUME_PRICES = (0.1, 0.1, 0.12, 0.15, 0.2)
