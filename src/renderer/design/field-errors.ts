import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';

/** What is wrong in the fields of a form, each told where it is. While anything is, nothing that depends on the form can be done. */
export class FieldErrors {
  readonly #messages = new SvelteMap<string, string>();

  get any(): boolean {
    return this.#messages.size > 0;
  }

  /** Null: the field is right. */
  set(field: string, message: string | null): void {
    if (message === null) this.#messages.delete(field);
    else this.#messages.set(field, message);
  }
}

const key = Symbol('field errors');

/** Every `Field` below tells its error here. */
export const provideFieldErrors = (errors: FieldErrors): FieldErrors => setContext(key, errors);
export const useFieldErrors = (): FieldErrors | undefined => getContext<FieldErrors | undefined>(key);
