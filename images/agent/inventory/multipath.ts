// Multipath maps and their paths: `multipathd show maps json` (multipath-tools 0.9, 0.11) while the daemon runs.
// Size is not in it; the map's own row in lsblk has it.
import { z } from 'zod'
import { type Multipath, multipath } from '../../../manager/protocol/storage.ts'
import { acceptAll, type Candidate, tidy } from './accept.ts'
import { neededRows, readJson, readRows, someRows, someText } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'
import { normalWwid } from './wwid.ts'

type MapFound = Candidate<z.input<typeof multipath>>
type PathFound = MapFound['paths'][number]

const mapRow = z.object({
  name: z.string(),
  uuid: z.string(),
  sysfs: someText,
  features: someText,
  queueing: someText,
  vend: someText,
  prod: someText,
  // A map without any path has an empty list: one that is not there says nothing.
  path_groups: z.array(z.unknown()),
})
const groupRow = z.object({ group: z.number().int().nonnegative(), paths: someRows })
const pathRow = z.object({ dev: z.string(), dm_st: someText, chk_st: someText, pri: z.number().int().optional().catch(undefined) })

export function parseMultipathdMaps(stdout: string): Parsed<readonly Multipath[]> {
  const all = readJson(stdout, z.object({ maps: neededRows }))
  const maps = readRows(all.value?.maps, mapRow, 'maps')
  const reasons = [...all.reasons, ...maps.reasons]
  const candidates = maps.value.map((map): MapFound => {
    const groups = readRows(map.path_groups, groupRow, `path groups of ${tidy(map.name, 64)}`)
    reasons.push(...groups.reasons)
    const paths = groups.value.flatMap(({ group, paths }) => {
      const rows = readRows(paths, pathRow, `paths of ${tidy(map.name, 64)}`)
      reasons.push(...rows.reasons)
      return rows.value.map((path) => pathOf(path, group))
    })
    return {
      name: map.name,
      wwid: wwidOf(map.uuid),
      dm: map.sysfs,
      vendor: tidy(map.vend, 64),
      product: tidy(map.prod, 64),
      queuesWithoutPath: /queue_if_no_path/.test(map.features ?? '') || map.queueing === 'on',
      paths,
    }
  })
  const accepted = acceptAll(multipath, candidates, (map) => `map ${map.name}`)
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

/** Without the daemon, or without the kernel's part, there are no maps that anybody watches. In a young dom0 it ended without a word (ran, 0.11). */
export const multipathdMaps = commandSource({
  command: ['multipathd', 'show', 'maps', 'json'],
  parse: parseMultipathdMaps,
  nothing: ({ exitCode, stdout, stderr }) => exitCode !== 0 && /failed to connect|not loaded|^$/.test(`${stdout}${stderr}`.trim()),
  optional: true,
})

/**
 * A SATA disk has udev's ID_SERIAL for its WWID, model and serial number, without the digit that says what kind it is: text that is as good
 * as T10's. So is whatever else multipath has found: a map is there under any name.
 */
function wwidOf(uuid: string): string {
  return normalWwid(uuid) ?? `t10.${uuid.trim().replace(/[\s_]+/g, '_')}`
}

function pathOf(path: z.output<typeof pathRow>, group: number): PathFound {
  const state = path.dm_st === 'active' || path.dm_st === 'failed' ? path.dm_st : 'unknown'
  return { device: path.dev, state, check: tidy(path.chk_st, 32), group, priority: path.pri }
}
