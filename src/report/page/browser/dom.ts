// The types of what the script of the page uses of the DOM: those of Node, which the program is checked with, do not have it.

export interface Dom {
  readonly children: ArrayLike<Dom> & Iterable<Dom>;
  readonly dataset: Record<string, string | undefined>;
  readonly firstElementChild: Dom | null;
  readonly lastChild: { readonly textContent: string | null } | null;
  readonly style: Record<string, string>;
  className: string;
  disabled: boolean;
  hidden: boolean;
  tabIndex: number;
  textContent: string | null;
  type: string;
  value: string;
  addEventListener(type: string, listener: (event: DomEvent) => void, options?: { readonly passive: boolean }): void;
  append(...children: readonly (Dom | string)[]): void;
  before(...children: readonly (Dom | string)[]): void;
  cloneNode(deep: boolean): Dom;
  getBoundingClientRect(): { readonly left: number; readonly top: number; readonly width: number };
  prepend(...children: readonly (Dom | string)[]): void;
  querySelector(selector: string): Dom | null;
  querySelectorAll(selector: string): Iterable<Dom>;
  removeAttribute(name: string): void;
  replaceChildren(...children: readonly (Dom | string)[]): void;
  setAttribute(name: string, value: string): void;
  setPointerCapture(id: number): void;
}

export interface DomEvent {
  readonly clientX: number;
  readonly clientY: number;
  readonly ctrlKey: boolean;
  readonly deltaY: number;
  readonly key: string;
  readonly pointerId: number;
  readonly pointerType: string;
  preventDefault(): void;
}

export interface Document {
  createElement(name: string): Dom;
  querySelector(selector: string): Dom | null;
  querySelectorAll(selector: string): Iterable<Dom>;
}

/** What the chronology does for gestures. Places are from 0 to 1 within the part that is shown. */
export interface Chart {
  readonly svg: Dom;
  readonly frame: Dom;
  readonly heightPx: number;
  readonly count: number;
  /** The part that is shown, of all requests and of the whole time. */
  readonly view: () => { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** Shows the request that is drawn there. */
  readonly chooseAt: (y: number) => void;
  /** Shows the next request, or the one before. */
  readonly step: (by: number) => void;
  readonly move: (x: number, y: number, w?: number, h?: number) => void;
  /** The point at (x, y) keeps its place. */
  readonly zoom: (factor: number, x?: number, y?: number) => void;
  readonly zoomAtChosen: (factor: number) => void;
}
