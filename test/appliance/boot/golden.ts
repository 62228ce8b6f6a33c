// What the tests of scripts hold them against: golden texts, and that iPXE never leaves one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'

const GOLDEN = new URL('./golden/', import.meta.url)

/** Compares with test/appliance/boot/golden; UPDATE_GOLDEN=1 rewrites. */
export function golden(t: ExecutionContext, name: string, text: string): void {
  const file = new URL(name, GOLDEN)
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(GOLDEN, { recursive: true })
    writeFileSync(file, text)
  }
  t.is(text, readFileSync(file, 'utf8'), `${name} differs: see what changed, then UPDATE_GOLDEN=1`)
}

/** Every command of a script must be one that cannot end it: iPXE leaves a script at the first line that fails. */
export function neverEnds(t: ExecutionContext, script: string): void {
  const lines = script.trimEnd().split('\n')
  t.is(lines[0], '#!ipxe')
  t.regex(lines.at(-1) ?? '', /^goto again$/)
  const labels = lines.flatMap((line) => /^:(\S+)$/.exec(line)?.[1] ?? [])
  t.is(new Set(labels).size, labels.length, 'a label stands once')
  for (const line of lines.slice(1)) {
    const cannotFail = line === '' || /^(#|:|echo( |$)|goto \S+$)/.test(line) || line.endsWith('||') || line.includes('|| goto ')
    t.true(cannotFail, `may end the script: ${line}`)
    if (!/^(#|echo )/.test(line)) t.notRegex(line, /\b(shell|exit|config|login|prompt)\b/)
    for (const [, label = ''] of line.matchAll(/\bgoto (\S+)/g)) t.true(labels.includes(label), `goto ${label}`)
  }
}
