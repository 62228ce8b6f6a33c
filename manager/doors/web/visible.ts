// Text of hosts and users before it enters a page. The templates escape what is HTML; this shows what would not be seen: control and
// format characters (bidirectional overrides), lone surrogates, line separators.

const UNSEEN = /[^\P{C}\n\t]|[\u2028\u2029]/gu
/** UTF-16 units. Nothing that a page shows is longer for a reason. */
const LONGEST = 4096

export function visible(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return cut.replace(UNSEEN, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}

/** Every string in a view, however deep. */
export function visibleIn(value: unknown): unknown {
  if (typeof value === 'string') return visible(value)
  if (Array.isArray(value)) return value.map(visibleIn)
  if (typeof value !== 'object' || value === null || value instanceof Markup) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visibleIn(member)]))
}

/** HTML that templates have made: it is neither escaped nor changed again. */
export class Markup {
  readonly #html: string

  constructor(html: string) {
    this.#html = html
  }

  /** The name that Handlebars asks for. */
  toHTML(): string {
    return this.#html
  }
}
