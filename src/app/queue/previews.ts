import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { previewPixels, type Preview } from '../../shared/contract.ts';
import type { Plan } from '../../shared/engine-protocol.ts';
import type { Options } from '../../shared/options.ts';
import { cancelled, Problem, throwIfCancelled } from '../../shared/problem.ts';
import type { Region, Request } from '../../shared/request.ts';
import { sentence } from '../../shared/sentence.ts';
import { targetSchema } from '../../shared/target.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import { versionAt } from '../photos/photo-version.ts';
import type { Engine } from '../supervised-engine.ts';
import { Turns } from '../turns.ts';

/** So many models can be compared on one part, and some parts gone back to. */
const kept = 24;

type PreviewEngine = Pick<Engine['photos'], 'plan' | 'enhance'>;

/**
 * Parts of photos, enhanced to look at: exactly the pixels that the whole run would give there, as photos in the cache folder.
 * Previews of one part are made one after another (several models to compare); one of another part ends those under way.
 */
export class Previews {
  readonly #engine: PreviewEngine;
  readonly #register: PhotoRegister;
  readonly #folder: string;
  readonly #files: string[] = [];
  #emptied: Promise<unknown> | null = null;
  #made = 0;
  #part = '';
  #controller = new AbortController();
  readonly #turns = new Turns();

  constructor(engine: PreviewEngine, register: PhotoRegister, cacheFolder: string) {
    this.#engine = engine;
    this.#register = register;
    this.#folder = join(cacheFolder, 'previews');
  }

  /** @throws Problem bad-request for a part that is too large or lies outside the photo; cancelled; as the engine does */
  async make(id: number, region: Region, options: Options): Promise<Preview> {
    const part = JSON.stringify([id, region]);
    if (part !== this.#part) this.cancel();
    this.#part = part;
    const { signal } = this.#controller;
    return this.#turns.take(() => this.#make(id, region, options, signal));
  }

  cancel(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  async #make(id: number, region: Region, options: Options, signal: AbortSignal): Promise<Preview> {
    throwIfCancelled(signal);
    this.#emptied ??= rm(this.#folder, { recursive: true, force: true }).then(() => mkdir(this.#folder, { recursive: true }));
    await this.#emptied;
    this.#made += 1;
    const destination = join(this.#folder, `${process.pid}-${this.#made}.tif`);
    const source = await this.#register.readable(id);
    const { request, plan } = await this.#planned({
      source,
      region,
      destination,
      options: { ...options, format: 'tiff', onCollision: 'number', skipLarger: false },
    });
    throwIfCancelled(signal);
    const { seconds, status } = await this.#engine.enhance(request, { signal });
    const version = await versionAt(destination);
    if (status !== 'done' || version === null) throw cancelled();
    await this.#register.allow(destination);
    await this.#keep(destination);
    const model = plan.passes.find((pass) => pass.model !== null)?.model ?? options.model;
    const photo = this.#register.idOf(destination);
    return { photo, version, width: plan.width, height: plan.height, model, seconds: seconds.total };
  }

  /** A size that needs a resampling cannot be had for a part: then it is shown at the factor of the models. */
  async #planned(request: Request): Promise<{ request: Request; plan: Plan }> {
    const plan = await this.#engine.plan(request).catch(async (error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'bad-request') throw error;
      const { region: _, ...whole } = request;
      const target = factorOf(await this.#engine.plan(whole));
      if (target === null) throw error;
      request = { ...request, options: { ...request.options, target } };
      return this.#engine.plan(request);
    });
    if (plan.width * plan.height > previewPixels) {
      throw new Problem('bad-request', sentence('request.partTooLarge'), { advice: sentence('request.partTooLarge.advice') });
    }
    return { request, plan };
  }

  async #keep(file: string): Promise<void> {
    this.#files.push(file);
    for (const old of this.#files.splice(0, this.#files.length - kept)) {
      this.#register.disallow(old);
      await rm(old, { force: true }).catch(() => undefined);
    }
  }
}

/** The models' factor as a target, where it is one that can be asked for. */
function factorOf({ passes }: Plan): Options['target'] | null {
  const scale = passes.reduce((product, pass) => (pass.model === null ? product : product * pass.scale), 1);
  const target = targetSchema.safeParse({ kind: 'scale', scale });
  return target.success ? target.data : null;
}
