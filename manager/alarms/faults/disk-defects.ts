// Disks that have begun to lose what is on them, though their own verdict is still "passed": SMART foretells few of the failures that
// come. What is counted here never, or hardly ever, gets better.
import type { DiskHealth } from '../../protocol/machine.ts'
import { isPlaceholderNumber } from '../../protocol/placeholders.ts'
import { type Condition, keyOfCondition, type ReportingHost } from '../condition.ts'
import { type Fault, few, type Held } from './fault.ts'

const KIND = 'disk-defects'
/** Percent: the writes that the maker vouches for are used up. */
const WORN = 100

/**
 * One sector is enough: a disk that has moved its first is many times as likely to fail within two months as one that has not (Pinheiro
 * and others, FAST 2007), and one that it cannot read is lost already. So that a disk that keeps a few for years is one alarm that is
 * acknowledged once, it is raised anew only when there are twice as many.
 */
export function diskDefects(host: ReportingHost, held: Held): readonly Condition[] {
  return few(
    KIND,
    host,
    host.inventory.diskHealth,
    (disk, name) => defectsOf(disk, name, (what) => heldLevel(held, host.id, what)),
    (devices) => `${devices} of ${host.name} lose sectors or are worn out: move what is on them to other disks, and replace them`,
  )
}

function defectsOf(disk: DiskHealth, host: string, levelHeld: (what: string) => number | undefined): Fault | undefined {
  const { device, behind, model, pendingSectors = 0, uncorrectableErrors = 0, reallocatedSectors = 0, wearPercent = 0 } = disk
  const serial = disk.serial === undefined || isPlaceholderNumber(disk.serial) ? undefined : disk.serial
  const lost = pendingSectors + uncorrectableErrors
  const count = lost + reallocatedSectors
  const isWorn = wearPercent >= WORN
  if (count === 0 && !isWorn) return undefined
  const place = behind === undefined ? device : `${device} ${behind}`
  const known = [model, serial].filter(Boolean).join(', ')
  const said = [
    ...say(pendingSectors, 'sector that it cannot read now', 'sectors that it cannot read now'),
    ...say(uncorrectableErrors, 'error that it could not correct', 'errors that it could not correct'),
    ...say(reallocatedSectors, 'sector moved to its spare ones', 'sectors moved to its spare ones'),
    ...(isWorn ? ['the writes that its maker vouches for are used up'] : []),
  ]
  const toDo =
    lost > 0
      ? 'Move what is on it to another disk, check what lay there, and replace it'
      : isWorn
        ? 'Replace it before it takes no more writes'
        : 'Have another disk ready: it is raised again when there are twice as many'
  const what = serial ?? place
  return {
    what: `${what} ${steadyLevel(count, levelHeld(what))}`,
    short: place,
    text: `${place}${known && ` (${known})`} of ${host}: ${said.join('; ')}. ${toDo}`,
  }
}

/** By the power of two, so that the words stay while the count creeps. */
function say(count: number, one: string, many: string): readonly string[] {
  if (count === 0) return []
  return [count === 1 ? `1 ${one}` : `${levelOf(count) === count ? '' : 'more than '}${levelOf(count)} ${many}`]
}

/** The greatest power of two that is not above it; 0 for none. */
function levelOf(count: number): number {
  return count < 1 ? 0 : 2 ** Math.floor(Math.log2(count))
}

/** Sectors that are written anew are pending no more: a level is left downwards only when half of them are gone. */
function steadyLevel(count: number, before: number | undefined): number {
  return before !== undefined && count >= before / 2 && count < before * 2 ? before : levelOf(count)
}

function heldLevel(held: Held, host: string, what: string): number | undefined {
  const beginning = keyOfCondition({ kind: KIND, about: `${host} ${what} ` })
  for (const key of held) {
    const level = key.startsWith(beginning) ? key.slice(beginning.length) : ''
    if (/^\d+$/.test(level)) return Number(level)
  }
  return undefined
}
