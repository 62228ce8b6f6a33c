// Who may import whom.
import { ASKED_BY, DECLARED, LAYERS, ON_THE_MANAGERS_MACHINE, SERVERS } from '../architecture-rules.ts'
import { isAt, isIn, type ParsedFile, resolve } from './parsed.ts'

export function importFindings({ path, imports }: ParsedFile): string[] {
  return imports.flatMap(({ specifier, line }) => {
    if (specifier === '(computed)') return [`${path}:${line}: imports a computed name, which no rule can check`]
    const target = resolve(path, specifier)
    if (!target) return []
    const forbidden = forbiddenImport(path, target)
    return forbidden ? [`${path}:${line}: imports ${target}: ${forbidden}`] : []
  })
}

/** Why this import is not allowed, or undefined. */
function forbiddenImport(path: string, target: string): string | undefined {
  if (isIn(target, 'test')) return 'nothing imports test/'
  for (const closed of ['appliance/wire', 'manager/protocol']) {
    if (isIn(path, closed) && !isIn(target, closed)) return `${closed} imports nothing of ours outside itself`
  }
  const server = SERVERS.find((folder) => isIn(path, folder))
  if (server && ![server, 'appliance/wire', 'appliance/boot'].some((folder) => isIn(target, folder))) {
    return 'servers of the appliance import wire and boot, never each other'
  }
  if (isIn(path, 'appliance/boot') && SERVERS.some((folder) => isIn(target, folder)))
    return 'boot is shared by the servers and imports none of them'
  if ((isIn(path, 'appliance') || isIn(path, 'images/agent')) && isIn(target, 'manager') && !isIn(target, 'manager/protocol')) {
    return 'appliance and agent import of the manager only manager/protocol'
  }
  if (isIn(path, 'manager/contract') && !DECLARED.some((place) => isAt(target, place))) {
    return 'manager/contract imports of ours only manager/protocol, manager/outcome.ts and itself'
  }
  const isAsking = isIn(path, 'manager/cli') && !ON_THE_MANAGERS_MACHINE.includes(path)
  if (isAsking && isIn(target, 'manager') && !['manager/cli', ...ASKED_BY].some((place) => isAt(target, place))) {
    return `manager/cli asks a manager, and imports of it only ${ASKED_BY.join(', ')}`
  }
  return isIn(path, 'manager') && isIn(target, 'manager') ? upwards(path, target) : undefined
}

function upwards(path: string, target: string): string | undefined {
  const [from, to] = [layerOf(path), layerOf(target)]
  if (from < 0) return `${roomOf(path)} has no place among the layers of manager/`
  return to > from ? `${roomOf(target)} lies above ${roomOf(path)}, and imports go only down` : undefined
}

function layerOf(path: string): number {
  return LAYERS.findIndex((rooms) => rooms.includes(roomOf(path)))
}

/** `store` of manager/store/tables/hosts.ts, `main.ts` of manager/main.ts. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** One finding a cycle, with the way round; types count too, as they tie files together as much. */
export function cycleFindings(files: readonly ParsedFile[]): string[] {
  const known = new Set(files.map(({ path }) => path))
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap(({ specifier }) => resolve(path, specifier) ?? []).filter((target) => known.has(target)),
    ]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) {
      found.push(`${path}:1: import cycle: ${[...way.slice(start), path].join(' → ')}`)
      return
    }
    if (done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  return found
}
