// Makes text that came from elsewhere (package names, host names, file names) harmless to show.

/** Control characters, line and paragraph separators, direction changes, invisible and unpaired characters. */
const HOSTILE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu
const WIDE = /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

export const isHostile = (text: string): boolean => text.search(HOSTILE) !== -1

/** Hostile characters as `\x1b` or `\u202e`: what is left moves no cursor and ends no line. */
export function oneLine(text: string): string {
  return text.replace(HOSTILE, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character)
  })
}

/** Hostile characters as `\u001b`, as JSON and YAML's double quotes understand them. Newlines stay. */
export function escapeInQuotes(text: string): string {
  return text.replace(HOSTILE, (character) => (character === '\n' ? character : unicodeEscape(character)))
}

/** Columns that the text takes on a terminal. */
export function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0)
}

/** Words in lines of at most this width, but for words that are longer. */
export function wrapped(words: readonly string[], width: number, indent = ''): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${indent}${word}`)
  }
  return lines
}

/** Of a word that is wider than a line: all of it, a line each. */
export function pieces(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width) return [word]
  const lines = ['']
  for (const character of word) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && widthOf(last + character) > width) lines.push(character)
    else lines[lines.length - 1] = last + character
  }
  return lines
}

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
