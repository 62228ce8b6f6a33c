// What is wrong with a config, in words: file, line, key, what was found, what was expected. A line comes
// from the YAML document, by the path of the key; keys that are nearly right are suggested.
import { type Document, isMap, isNode, isPair, isScalar, isSeq, type LineCounter, visit, type YAMLError } from 'yaml'
import type { z } from 'zod'

export type KeyPath = readonly PropertyKey[]

/** A finding before it has a line: from the schema, or from a check across keys. */
export interface Finding {
  readonly path: KeyPath
  readonly expected: string
  /** Instead of the value at the path. */
  readonly found?: string
}

export interface ConfigProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** `dhcp.pool`, `hosts[2].mac`; empty for the file as a whole. */
  readonly key: string
  readonly found: string
  readonly expected: string
}

/** One line a problem, in the order of the file: `hostless.yaml:7: dhcp.pool: found …; expected …`. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  return problems.map(describe).join('\n')
}

function describe({ file, line, key, found, expected }: ConfigProblem): string {
  return `${file}:${line}: ${key === '' ? '' : `${key}: `}found ${found}; expected ${expected}`
}

/** An issue of zod as findings: one for each unknown key. */
export function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, expected: issue.message }]
  const known = issue.message.split(', ')
  return issue.keys.map((key) => {
    const near = nearest(key, known)
    return {
      path: [...issue.path, key],
      found: 'an unknown key',
      expected: near ? `one of the known keys: did you mean ${near}?` : `one of ${known.join(', ')}`,
    }
  })
}

/** Findings with their lines, in the order of the file, each once. */
export function locate(findings: readonly Finding[], document: Document, lines: LineCounter, file: string): ConfigProblem[] {
  const problems = findings.map((finding) => ({
    file,
    line: lineOf(finding.path, document, lines),
    key: keyText(finding.path),
    found: finding.found ?? foundAt(finding.path, document),
    expected: finding.expected,
  }))
  const once = new Map(problems.map((problem) => [describe(problem), problem]))
  return [...once.values()].sort((a, b) => a.line - b.line)
}

/** An error of the YAML parser itself. */
export function syntaxProblem(error: YAMLError, document: Document, lines: LineCounter, file: string): ConfigProblem {
  const line = Math.max(1, lines.linePos(error.pos[0]).line)
  const key = keyText(pathAt(error.pos[0], document))
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { file, line, key, found: 'the key a second time', expected: 'each key once' }
    case 'TAB_AS_INDENT':
      return { file, line, key: '', found: 'a tab', expected: 'spaces as indentation' }
    default:
      return { file, line, key: '', found: `broken YAML (${error.message})`, expected: 'YAML 1.2' }
  }
}

/** The line of the value, else of the nearest key above it that exists. */
function lineOf(path: KeyPath, document: Document, lines: LineCounter): number {
  let node: unknown = document.contents
  let offset = 0
  for (const step of path) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === step) : undefined
    if (pair && isScalar(pair.key)) {
      offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else break
  }
  return Math.max(1, lines.linePos(offset).line)
}

function foundAt(path: KeyPath, document: Document): string {
  const node = path.length === 0 ? document.contents : document.getIn([...path], true)
  if (isScalar(node)) {
    const text = String(node.value)
    return text === '' ? 'nothing' : JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
  }
  if (isMap(node)) return 'a map'
  return isSeq(node) ? 'a list' : 'nothing'
}

/** The path of the key that stands at this offset of the text. */
function pathAt(offset: number, document: Document): KeyPath {
  let found: KeyPath = []
  visit(document, {
    Pair(_, pair, ancestors) {
      if (!isScalar(pair.key) || pair.key.range?.[0] !== offset) return undefined
      const parents = ancestors.filter(isPair).map((parent) => (isScalar(parent.key) ? String(parent.key.value) : '?'))
      found = [...parents, String(pair.key.value)]
      return visit.BREAK
    },
  })
  return found
}

function keyText(path: KeyPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${safeKey(String(step))}`)).join('')
}

function safeKey(key: string): string {
  return /^[\w-]{1,40}$/.test(key) ? key : JSON.stringify(key.slice(0, 40))
}

/** The known key that at most two edits (of one letter each) lead to. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const near = known.map((candidate) => ({ candidate, edits: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
  near.sort((a, b) => a.edits - b.edits)
  const [best] = near
  return best && best.edits <= Math.min(2, best.candidate.length - 1) ? best.candidate : undefined
}

/** Levenshtein's distance: letters added, removed, replaced. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...from.slice(0, 60)].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
