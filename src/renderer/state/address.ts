import { hashOf, isSamePage, routeOf, type Route } from './route.ts';

/** The browser's address bar and history, as far as they are ours: what stands behind `#`. */
export interface AddressBar {
  readonly hash: string;
  /** Whether the entry before this one is ours. */
  readonly canGoBack: boolean;
  push(hash: string): void;
  replace(hash: string): void;
  back(): void;
  /** *Back*, *Forward*, or an address that somebody types. */
  listen(heard: () => void): void;
}

export function windowBar(): AddressBar {
  const depth = (): number => (history.state as { readonly depth?: number } | null)?.depth ?? 0;
  return {
    get hash() {
      return location.hash;
    },
    get canGoBack() {
      return depth() > 0;
    },
    push: (hash) => history.pushState({ depth: depth() + 1 }, '', hash),
    replace: (hash) => history.replaceState({ depth: depth() }, '', hash),
    back: () => history.back(),
    listen: (heard) => window.addEventListener('popstate', heard),
  };
}

/** Where there is no window. */
export const noBar: AddressBar = {
  hash: '',
  canGoBack: false,
  push: () => undefined,
  replace: () => undefined,
  back: () => undefined,
  listen: () => undefined,
};

/** Browsers take only so many changes in a time: what moves all the time is written when it has come to rest. */
const restMs = 300;

/** Keeps the address as the page is, and the page as the address says when somebody changes that. */
export class Address {
  readonly #bar: AddressBar;
  readonly #apply: (route: Route) => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pending: string | null = null;
  #applying = 0;

  constructor(bar: AddressBar, apply: (route: Route) => Promise<void>) {
    this.#bar = bar;
    this.#apply = apply;
    bar.listen(() => void this.follow());
  }

  get canGoBack(): boolean {
    return this.#bar.canGoBack;
  }

  back(): void {
    this.rest();
    this.#bar.back();
  }

  /** It says nothing: the page stays where it is, which may be where the application has just led it. */
  get isEmpty(): boolean {
    return this.#bar.hash === '';
  }

  /** Shows what the address says. */
  async follow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#pending = null;
    this.#applying += 1;
    try {
      await this.#apply(routeOf(this.#bar.hash));
    } finally {
      this.#applying -= 1;
    }
  }

  /** The page is like this now. Another page is a step of its own; what changes on one belongs to the step. */
  tell(route: Route): void {
    if (this.#applying > 0) return;
    const [hash, written] = [hashOf(route), this.#pending ?? this.#bar.hash];
    if (hash === written) return;
    if (written !== '' && !isSamePage(route, routeOf(written))) {
      this.rest();
      this.#bar.push(hash);
      return;
    }
    this.#pending = hash;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.rest(), restMs);
  }

  /** Writes what is waiting to be written. */
  rest(): void {
    clearTimeout(this.#timer);
    if (this.#pending !== null) this.#bar.replace(this.#pending);
    this.#pending = null;
  }
}
