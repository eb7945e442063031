import type { StoredTensor } from '../weights/state-dict.ts';
import type { Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import type { Weights } from './weights.ts';

/**
 * GFPGAN in its clean form (GFPGANv1Clean, of 1.3 and 1.4): a U-Net reads the damaged face, what it sees decides the styles of a StyleGAN2
 * generator, and changes that one's features from 8 × 8 on (SFT: factor and sum for each). The noise is the one that its file holds, so that
 * a face always becomes the same. Only the form with a style for each layer is known: those that were published are of it.
 */
export const gfpgan: Architecture = {
  id: 'gfpgan',
  label: 'GFPGAN',
  recognise: (weights) => {
    if (!weights.has('conv_body_first.weight', 'final_linear.weight', `${decoder}.constant_input.weight`)) return null;
    // From a side of 4 pixels, each level doubles it.
    const levels = weights.numbers('conv_body_down.').length;
    const styleLength = weights.size(`${decoder}.style_conv1.modulated_conv.modulation.weight`, 1);
    if (levels === 0 || weights.size('final_linear.weight', 0) !== (2 * levels + 2) * styleLength) return null;
    const side = 2 ** (levels + 2);
    return {
      scale: 1,
      channels: 3,
      face: { side },
      radius: null,
      smallest: 1,
      traits: `${side} × ${side}, styles of ${styleLength}`,
      build: (graph, image) => {
        // For training only: pictures on the way, and styles made of noise.
        weights.ignore(/^toRGB\.|^stylegan_decoder\.style_mlp\./);
        const layers = new Layers(graph, weights);
        const { code, conditions } = seen(layers, image, levels);
        return new Generator(layers, code, styleLength).picture(conditions);
      },
    };
  },
};

const decoder = 'stylegan_decoder';

/** What is applied to the features of a level. */
interface Condition {
  readonly factor: string;
  readonly sum: string;
}

/** The face as the U-Net sees it: the styles of all layers [1, layers · length], and what changes the features of each level. */
function seen(layers: Layers, image: string, levels: number): { code: string; conditions: Condition[] } {
  const { graph } = layers;
  const skips: string[] = [];
  let x = graph.leakyRelu(layers.conv(image, 'conv_body_first'), 0.2);
  for (let level = 0; level < levels; level += 1) {
    // Bilinear at half the size, without smoothing, is the mean of 2 × 2 pixels.
    x = residualBlock(layers, x, `conv_body_down.${level}`, (features) => graph.averagePool(features, 2, 2));
    skips.unshift(x);
  }
  x = graph.leakyRelu(layers.conv(x, 'final_conv'), 0.2);
  const code = layers.linear(graph.reshape(x, [1, -1]), 'final_linear');
  const conditions = skips.map((skip, level): Condition => {
    x = residualBlock(layers, graph.add(x, skip), `conv_body_up.${level}`, (features) => graph.resizeLinear(features, 2));
    const [factor = '', sum = ''] = ['condition_scale', 'condition_shift'].map((name) =>
      layers.conv(graph.leakyRelu(layers.conv(x, `${name}.${level}.0`), 0.2), `${name}.${level}.2`),
    );
    return { factor, sum };
  });
  return { code, conditions };
}

function residualBlock(layers: Layers, x: string, name: string, resized: (features: string) => string): string {
  const { graph } = layers;
  const inner = resized(graph.leakyRelu(layers.conv(x, `${name}.conv1`), 0.2));
  return graph.add(graph.leakyRelu(layers.conv(inner, `${name}.conv2`), 0.2), layers.conv(resized(x), `${name}.skip`));
}

/** StyleGAN2's generator, whose every convolution is modulated by a style. */
class Generator {
  readonly #layers: Layers;
  readonly #code: string;
  readonly #styleLength: number;

  constructor(layers: Layers, code: string, styleLength: number) {
    this.#layers = layers;
    this.#code = code;
    this.#styleLength = styleLength;
  }

  picture(conditions: readonly Condition[]): string {
    const { graph, weights } = this.#layers;
    let x = graph.parameter(`${decoder}.constant_input.weight`, weights.tensor(`${decoder}.constant_input.weight`, 4));
    x = this.#styled(x, `${decoder}.style_conv1`, 0, 0);
    let colours = this.#colours(x, `${decoder}.to_rgb1`, 1);
    conditions.forEach((condition, level) => {
      const [first, second] = [2 * level, 2 * level + 1];
      x = this.#styled(graph.resizeLinear(x, 2), `${decoder}.style_convs.${first}`, first + 1, first + 1);
      x = this.#conditioned(x, condition, level);
      x = this.#styled(x, `${decoder}.style_convs.${second}`, second + 1, second + 1);
      colours = graph.add(this.#colours(x, `${decoder}.to_rgbs.${level}`, second + 2), graph.resizeLinear(colours, 2));
    });
    return colours;
  }

  /** The condition on all features, or on their second half. */
  #conditioned(x: string, { factor, sum }: Condition, level: number): string {
    const { graph, weights } = this.#layers;
    const features = weights.size(`${decoder}.style_convs.${2 * level}.modulated_conv.weight`, 1);
    const changed = weights.size(`condition_scale.${level}.2.weight`, 0);
    const change = (part: string): string => graph.add(graph.mul(part, factor), sum);
    if (changed === features) return change(x);
    const [same = '', rest = ''] = graph.split(x, [features - changed, changed]);
    return graph.concat([same, change(rest)]);
  }

  #styled(x: string, name: string, style: number, noise: number): string {
    const { graph, weights } = this.#layers;
    const modulated = graph.mul(this.#modulated(x, `${name}.modulated_conv`, style, true), Math.SQRT2);
    const strength = weights.list(`${name}.weight`);
    const stored = `${decoder}.noises.noise${noise}`;
    const noisy = weights.has(stored)
      ? graph.add(
          modulated,
          graph.mul(graph.parameter(stored, weights.tensor(stored, 4)), graph.parameter(`${name}.weight`, strength), `${name}.noise`),
        )
      : modulated;
    return graph.leakyRelu(graph.add(noisy, graph.parameter(`${name}.bias`, weights.tensor(`${name}.bias`, 4))), 0.2, name);
  }

  #colours(x: string, name: string, style: number): string {
    const { graph, weights } = this.#layers;
    const bias = graph.parameter(`${name}.bias`, weights.tensor(`${name}.bias`, 4));
    return graph.add(this.#modulated(x, `${name}.modulated_conv`, style, false), bias, name);
  }

  /**
   * A convolution whose weights are multiplied by a style for each input, and so divided that the outputs keep their energy. What is
   * multiplied here are the pictures before and after: the weights stay constants.
   */
  #modulated(x: string, name: string, style: number, demodulate: boolean): string {
    const { graph, weights } = this.#layers;
    const length = this.#styleLength;
    const code = graph.slice(this.#code, [style * length], [(style + 1) * length], [1]);
    const factors = this.#layers.linear(code, `${name}.modulation`);
    const kernels = kernelsOf(weights, `${name}.weight`);
    const weight = graph.parameter(`${name}.weight`, kernels);
    const size = kernels.dims[2] ?? 1;
    const margin = Math.floor(size / 2);
    const perPlane = (values: string): string => graph.reshape(values, [1, -1, 1, 1]);
    const attributes = { kernel_shape: [size, size], pads: [margin, margin, margin, margin], strides: [1, 1] };
    const result = graph.node('Conv', [graph.mul(x, perPlane(factors)), weight], attributes, { name });
    if (!demodulate) return result;
    const energies = graph.node('ReduceSumSquare', [weight], { axes: [2, 3], keepdims: 0 });
    const energy = graph.node('Gemm', [graph.mul(factors, factors), energies], { transB: 1 });
    return graph.div(result, perPlane(graph.node('Sqrt', [graph.add(energy, 1e-8)])));
  }
}

/** [1, out, in, rows, columns] as a convolution has it. */
function kernelsOf(weights: Weights, name: string): StoredTensor {
  const tensor = weights.tensor(name, 5);
  return { ...tensor, dims: tensor.dims.slice(1) };
}
