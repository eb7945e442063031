/**
 * ᾱ_t of Stable Diffusion's noise schedule: the product of 1 − β up to and with step `timestep` (0…999), where
 * β = linspace(√0.00085, √0.012, 1000)² (`scaled_linear`; scheduler_config.json of Stable Diffusion 2.1).
 */
export function alphaBar(timestep: number): number {
  const [first, last] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  let product = 1;
  for (let step = 0; step <= timestep; step += 1) product *= 1 - (first + ((last - first) * step) / 999) ** 2;
  return product;
}
