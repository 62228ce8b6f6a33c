// What a guest has said to its console, as text that moves no cursor: without the sequences of ECMA-48 and what else is no letter. Pure.

/** CSI, OSC and their like, and the short ones; one that was cut off at the end, too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*(?:[@-~]|$)|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|[ -/]*[0-~]|$)/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

export function consoleText(said: string): string {
  return said
    .replace(SEQUENCES, '')
    .replace(/\r+\n/g, '\n')
    .replace(/[^\n]*\r(?=[^\n])/g, '')
    .replace(CONTROLS, '')
}
