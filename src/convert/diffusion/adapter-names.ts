import type { StateDict, StoredTensor } from '../weights/state-dict.ts';
import type { Keys } from './keys.ts';

export type NetworkPart = 'unet' | 'vae';

/** A tensor of an adapter file, and what it is there for. */
export interface AdapterPart {
  readonly network: NetworkPart;
  /** As the network itself calls it. */
  readonly layer: string;
  /** `weight` and `bias` take the place of the network's own. */
  readonly role: 'down' | 'up' | 'alpha' | 'weight' | 'bias';
  /** '' where the file does not name adapters. */
  readonly adapter: string;
  readonly tensor: StoredTensor;
}

interface Form {
  readonly pattern: RegExp;
  readonly role: AdapterPart['role'];
}

/** Endings of names: what stands before is the layer. `adapter` is peft's, `projection` that of diffusers' attention processors. */
const forms: readonly Form[] = [
  { pattern: /^(?<layer>.+)\.lora_A(?:\.(?<adapter>[\w-]+))?\.weight$/, role: 'down' },
  { pattern: /^(?<layer>.+)\.lora_B(?:\.(?<adapter>[\w-]+))?\.weight$/, role: 'up' },
  { pattern: /^(?<layer>.+)\.processor\.(?<projection>to_\w+)_lora\.down\.weight$/, role: 'down' },
  { pattern: /^(?<layer>.+)\.processor\.(?<projection>to_\w+)_lora\.up\.weight$/, role: 'up' },
  { pattern: /^(?<layer>.+)(?:\.lora\.|\.lora_|_lora\.)down\.weight$/, role: 'down' },
  { pattern: /^(?<layer>.+)(?:\.lora\.|\.lora_|_lora\.)up\.weight$/, role: 'up' },
  { pattern: /^(?<layer>.+)\.alpha$/, role: 'alpha' },
  { pattern: /^(?<layer>.+?)(?:\.base_layer)?\.weight$/, role: 'weight' },
  { pattern: /^(?<layer>.+?)(?:\.base_layer)?\.bias$/, role: 'bias' },
];

/** Before the layer: which network it is of. The text encoder's adapters are in the embedding already. */
const places: readonly { readonly start: RegExp; readonly network: NetworkPart | 'text' }[] = [
  { start: /^state_dict_unet\//, network: 'unet' },
  { start: /^state_dict_vae\//, network: 'vae' },
  { start: /^(?:base_model\.model\.)?unet\./, network: 'unet' },
  { start: /^(?:base_model\.model\.)?vae\./, network: 'vae' },
  { start: /^lora_unet_/, network: 'unet' },
  { start: /^(?:lora_te\d?_|text_encoder(?:_\d)?\.)/, network: 'text' },
];

/** What each tensor of an adapter file is there for, and the names for which that is not known. */
export function adapterNames(tensors: StateDict, keys: Readonly<Record<NetworkPart, Keys>>): { parts: AdapterPart[]; unknown: string[] } {
  const layers = { unet: layersOf(keys.unet), vae: layersOf(keys.vae) };
  const parts: AdapterPart[] = [];
  const unknown: string[] = [];
  for (const [name, tensor] of tensors) {
    const place = places.find(({ start }) => start.test(name));
    if (place?.network === 'text') continue;
    const bare = (place === undefined ? name : name.replace(place.start, '')).replace(/^base_model\.model\./, '');
    const known = understood(bare, place === undefined ? ['unet', 'vae'] : [place.network], layers);
    if (known === null) unknown.push(name);
    else parts.push({ ...known, tensor });
  }
  return { parts, unknown };
}

function understood(
  name: string,
  networks: readonly NetworkPart[],
  layers: Readonly<Record<NetworkPart, ReadonlyMap<string, string>>>,
): Omit<AdapterPart, 'tensor'> | null {
  for (const { pattern, role } of forms) {
    const { layer = '', adapter = '', projection } = pattern.exec(name)?.groups ?? {};
    if (layer === '') continue;
    const wanted = flat(projection === undefined ? layer : `${layer}.${projection}`);
    for (const network of networks) {
      const found = layers[network].get(wanted) ?? layers[network].get(`${wanted}_0`);
      if (found !== undefined) return { network, layer: found, role, adapter };
    }
  }
  return null;
}

/** As kohya writes layers down; no two of a network become the same. */
const flat = (layer: string): string => layer.replaceAll('.', '_');

/** Layers with weights that are matrices, by {@link flat} names. `to_out` is found without the number of its only part, too. */
const layersOf = (keys: Keys): ReadonlyMap<string, string> =>
  new Map(
    [...keys].flatMap(([name, dims]) => {
      const layer = name.replace(/\.weight$/, '');
      return dims.length > 1 && layer !== name ? [[flat(layer), layer] as const] : [];
    }),
  );
