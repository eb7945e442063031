import type { Embedding } from './embedding.ts';
import type { Layers, Planes } from './layers.ts';
import type { NetworkWeights } from './network-weights.ts';

/** How the one step and the one context that a model is made for reach the layers of the U-Net. */
export interface Conditioning {
  /** A ResNet's first convolution, with what the step adds to its result. */
  timedConv(layers: Layers, x: Planes, resnet: string): Planes;
  /** What a cross-attention looks at: keys [heads, d, tokens] and values [heads, tokens, d]. */
  seen(layers: Layers, attention: string, heads: number, width: number): { keys: string; values: string };
  readonly tokens: number;
}

/** cos(t fᵢ), then sin(t fᵢ), of fᵢ = exp(−ln 10000 · i / half): diffusers' Timesteps with flip_sin_to_cos and freq_shift 0. */
function sinusoids(timestep: number, size: number): Float32Array {
  const half = size / 2;
  return Float32Array.from({ length: size }, (_, index) => {
    const angle = timestep * Math.exp((-Math.log(10_000) * (index % half)) / half);
    return index < half ? Math.cos(angle) : Math.sin(angle);
  });
}

/**
 * Worked out while the model is converted: the step becomes part of the convolutions' bias, and the context's keys and values
 * constants. The time embedding and 25 million weights of Stable Diffusion are then needed no more.
 */
export function folded(weights: NetworkWeights, timestep: number, embedding: Embedding): Conditioning {
  let embedded: Promise<Float32Array> | null = null;
  const time = (): Promise<Float32Array> => (embedded ??= timeEmbedding(weights, timestep));
  return {
    tokens: embedding.tokens,
    timedConv: (layers, x, resnet) => {
      const bias = weights.derived(`${resnet}.conv1.bias.timed`, weights.dims(`${resnet}.conv1.bias`), async () => {
        const own = await weights.floats(`${resnet}.conv1.bias`);
        const added = await linear(weights, `${resnet}.time_emb_proj`, await time());
        return own.map((value, index) => value + added[index]!);
      });
      return layers.conv(x, `${resnet}.conv1`, { folded: { bias } });
    },
    seen: (layers, attention, heads, width) => {
      const constant = (name: 'to_k' | 'to_v', dims: readonly number[], isTurned: boolean): string => {
        const tensor = weights.derived(`${attention}.${name}.seen`, dims, async () => {
          const product = await projected(weights, `${attention}.${name}.weight`, embedding);
          return isTurned ? turned(product, heads, width, embedding.tokens) : product;
        });
        return layers.graph.node('Identity', [tensor], {}, { name: `${attention}.${name}` });
      };
      const { tokens } = embedding;
      return { keys: constant('to_k', [heads, width, tokens], false), values: constant('to_v', [heads, tokens, width], true) };
    },
  };
}

/** Computed by the graph each time: what the folded one is compared with. */
export function unfolded(timestep: number, embedding: Embedding, timeInputs: number): Conditioning {
  const { tokens, width: channels, values } = embedding;
  let time: string | null = null;
  return {
    tokens,
    timedConv: (layers, x, resnet) => {
      const { graph } = layers;
      if (time === null) {
        time = layers.number('time.sinusoids', [1, timeInputs], sinusoids(timestep, timeInputs));
        for (const part of ['linear_1', 'linear_2']) time = graph.silu(layers.linear(time, `time_embedding.${part}`, 1));
      }
      const added = graph.reshape(layers.linear(time, `${resnet}.time_emb_proj`, 1), [1, -1, 1, 1]);
      const y = layers.conv(x, `${resnet}.conv1`);
      return { ...y, value: graph.add(y.value, added) };
    },
    seen: (layers, attention, heads, width) => {
      const context = layers.number(`${attention}.context`, [tokens, channels], values);
      return {
        keys: layers.keys(layers.linear(context, `${attention}.to_k`, tokens), heads, width),
        values: layers.queries(layers.linear(context, `${attention}.to_v`, tokens), heads, width),
      };
    },
  };
}

/** What every ResNet takes: silu of linear_2(silu(linear_1(sinusoids))). */
async function timeEmbedding(weights: NetworkWeights, timestep: number): Promise<Float32Array> {
  const [, inputs = 0] = weights.dims('time_embedding.linear_1.weight');
  const first = silu(await linear(weights, 'time_embedding.linear_1', sinusoids(timestep, inputs)));
  return silu(await linear(weights, 'time_embedding.linear_2', first));
}

const silu = (values: Float32Array): Float32Array => values.map((value) => value / (1 + Math.exp(-value)));

async function linear(weights: NetworkWeights, name: string, x: Float32Array): Promise<Float32Array> {
  const [weight, bias] = [await weights.floats(`${name}.weight`), await weights.floats(`${name}.bias`)];
  return bias.map((value, output) => value + dot(weight, output * x.length, x, 0, x.length));
}

/** W cᵀ: [outputs, tokens]. */
async function projected(weights: NetworkWeights, name: string, { tokens, width, values }: Embedding): Promise<Float32Array> {
  const weight = await weights.floats(name);
  const outputs = weight.length / width;
  const product = new Float32Array(outputs * tokens);
  for (let index = 0; index < product.length; index += 1) {
    const [output, token] = [Math.floor(index / tokens), index % tokens];
    product[index] = dot(weight, output * width, values, token * width, width);
  }
  return product;
}

/** Σ a[from + i] b[other + i], in double precision. */
function dot(a: Float32Array, from: number, b: Float32Array, other: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) sum += a[from + index]! * b[other + index]!;
  return sum;
}

/** [heads, width, tokens] → [heads, tokens, width]. */
function turned(values: Float32Array, heads: number, width: number, tokens: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let index = 0; index < result.length; index += 1) {
    const [channel, token, head] = [index % width, Math.floor(index / width) % tokens, Math.floor(index / width / tokens)];
    result[index] = values[(head * width + channel) * tokens + token]!;
  }
  if (result.length !== heads * width * tokens) throw new Error('heads of another size');
  return result;
}
