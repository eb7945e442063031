"""One-step diffusion super-resolution: networks, losses and the three training stages (DFOSD, arXiv 2410.04224)."""
