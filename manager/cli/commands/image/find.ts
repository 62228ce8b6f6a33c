// From what the user typed to the image and generation that is meant. Pure.
import { type Generation, type ImageName, parseImageName } from '../../../../appliance/wire/generation.ts'
import type { ListedGeneration } from '../../../../images/catalogue.ts'
import { CommandFailure } from '../../engine/failure.ts'

/** `dom0` or `dom0@4f2a`. */
export function parseReference(text: string): { readonly name: string; readonly generation: string | undefined } {
  const at = text.indexOf('@')
  return at === -1 ? { name: text, generation: undefined } : { name: text.slice(0, at), generation: text.slice(at + 1) }
}

/** A name for a new image. Throws a CommandFailure (usage) for what no image can be called. */
export function newImageName(text: string): ImageName {
  const name = parseImageName(text)
  if (!name) {
    throw new CommandFailure(
      `${JSON.stringify(text)} cannot be the name of an image: take 1 to 32 of a-z, 0-9, "-" and ".", a letter or digit first`,
      2,
    )
  }
  return name
}

/** The generations of an image, newest first. Throws a CommandFailure that offers the nearest name. */
export function findImage(listed: readonly ListedGeneration[], text: string): readonly [ListedGeneration, ...ListedGeneration[]] {
  const [first, ...others] = listed.filter(({ name }) => name === text)
  if (first) return [first, ...others]
  const names = [...new Set(listed.map(({ name }) => name))]
  const advice = names.length === 0 ? 'none was imported yet: hostless image import, or hostless image build' : suggestion(text, names)
  throw new CommandFailure(`there is no image ${JSON.stringify(text)}: ${advice}`)
}

/** By the whole id or the beginning of it that no other has. Throws a CommandFailure else. */
export function findGeneration(candidates: readonly ListedGeneration[], text: string): ListedGeneration {
  const wanted = text.toLowerCase()
  const found = wanted === '' ? [] : candidates.filter(({ generation }) => generation.startsWith(wanted))
  const [only, ...others] = found
  if (only && others.length === 0) return only
  const ids = candidates.map(({ generation }) => generation)
  const image = candidates[0]?.name ?? ''
  if (only) {
    throw new CommandFailure(
      `${image} has ${found.length} generations that begin with ${wanted}: ${found.map((each) => each.generation).join(', ')}`,
    )
  }
  throw new CommandFailure(`${image} has no generation ${JSON.stringify(text)}: ${suggestion(text, ids)}`)
}

/** The one that was asked for, else the published one, else the newest. */
export function chooseGeneration(
  candidates: readonly [ListedGeneration, ...ListedGeneration[]],
  text: string | undefined,
): ListedGeneration {
  if (text !== undefined) return findGeneration(candidates, text)
  return candidates.find(({ published }) => published) ?? candidates[0]
}

export interface HostRunning {
  readonly host: string
  readonly generation: string
}

export function hostsOf(running: readonly HostRunning[], generation: Generation): readonly string[] {
  return running.filter((each) => each.generation === generation).map(({ host }) => host)
}

function suggestion(text: string, known: readonly string[]): string {
  const ranked = known.map((each) => ({ each, distance: editDistance(text, each) })).sort((a, b) => a.distance - b.distance)
  const [nearest] = ranked
  if (nearest && nearest.distance <= Math.max(1, Math.floor(nearest.each.length / 3))) return `did you mean ${nearest.each}?`
  const some = known.slice(0, 8).join(', ')
  return `there ${known.length === 1 ? 'is' : 'are'} ${some}${known.length > 8 ? ' and others' : ''}`
}

/** Levenshtein: insertions, deletions and replacements from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < Math.min(a.length, 64); i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
