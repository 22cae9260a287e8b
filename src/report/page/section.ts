// A part of the page: a title, a sentence that says what it shows, and charts or tables.

import { type Html, html, type Included } from "./html.ts";

export interface Section {
  /** For links to it. */
  readonly id: string;
  readonly title: string;
  readonly html: Html;
}

export function section(id: string, title: string, sentence: Included, content: Included): Section {
  return {
    id,
    title,
    html: html`<section id="${id}"><h2>${title}</h2><p class="says">${sentence}</p>${content}</section>`,
  };
}

/** A key of colours and shapes: `kind` is the class of both. */
export function legend(entries: readonly { readonly kind: string; readonly text: string }[]): Html {
  return html`<ul class="legend">${entries.map(({ kind, text }) => html`<li><i class="${kind}"></i>${text}`)}</ul>`;
}
