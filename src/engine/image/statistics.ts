/** Mean and deviation per channel, gathered in double precision as rows come by. */
export class ChannelStatistics {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #pixels = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
  }

  /** Interleaved samples, divided by `full`. */
  add(samples: ArrayLike<number>, full: number): void {
    const channels = this.#sums.length;
    for (let channel = 0; channel < channels; channel += 1) {
      let [sum, squares] = [0, 0];
      for (let at = channel; at < samples.length; at += channels) {
        const value = samples[at]! / full;
        sum += value;
        squares += value * value;
      }
      this.#sums[channel] = this.#sums[channel]! + sum;
      this.#squares[channel] = this.#squares[channel]! + squares;
    }
    this.#pixels += samples.length / channels;
  }

  mean(channel: number): number {
    return this.#sums[channel]! / this.#pixels;
  }

  /** Unbiased, as PyTorch's `var` is; 0 for a single pixel, where that is not defined. */
  variance(channel: number): number {
    if (this.#pixels < 2) return 0;
    const mean = this.mean(channel);
    return Math.max(0, (this.#squares[channel]! - this.#pixels * mean * mean) / (this.#pixels - 1));
  }
}
