// The rules of design.md ("Imports", house style) as a function from source files to violations. Files are parsed by
// the TypeScript compiler, so that neither a comment nor a string counts as code.
import { posix } from 'node:path'
import ts from 'typescript'

export interface SourceText {
  /** From the project's root: `appliance/dhcp/codec.ts`. */
  readonly path: string
  readonly text: string
}

interface Import {
  readonly specifier: string
  readonly line: number
  /** What it takes: names, `*` for all; empty when only types. */
  readonly values: readonly string[]
}

interface ParsedFile extends SourceText {
  readonly imports: readonly Import[]
  readonly nodes: readonly ts.Node[]
  readonly source: ts.SourceFile
}

const SERVERS = ['appliance/dhcp', 'appliance/tftp', 'appliance/http', 'appliance/nfs-server-lite', 'appliance/ra']
const EFFECT_MODULES =
  /^((node:)?(fs|fs\/promises|net|dgram|http|https|http2|tls|dns|dns\/promises|child_process|worker_threads|timers|timers\/promises)|execa|better-sqlite3|pg|koffi)$/
/** What these modules have that is mere data or arithmetic. */
const PURE_NAMES = /^(STATUS_CODES|METHODS|isIP|isIPv4|isIPv6)$/
const RANDOM =
  /^(randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues|webcrypto|generateKey|generateKeySync|generateKeyPair|generateKeyPairSync)$/
const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const MAX_LINES = 400

/**
 * The rooms of manager/, each of which imports only of its own row and of those above it. design.md names more: a room gets its place
 * here when it gets its first file.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['protocol', 'group-by.ts', 'wording.ts', 'outcome.ts'],
  ['store', 'access'],
  ['hosts', 'connectivity', 'cpu', 'alarms', 'claims', 'agents', 'enrolment', 'appliances'],
  ['storage', 'placement', 'guests', 'networks', 'vm-images', 'consoles', 'measures'],
  ['reconcile', 'automation', 'tasks'],
  ['automations'],
  ['metrics.ts', 'config.ts', 'doctor', 'service'],
  ['contract'],
  ['doors', 'cli', 'main.ts'],
]

/** What is declared once for all doors, and all that it may import of ours. */
const DECLARED = ['manager/contract', 'manager/protocol', 'manager/outcome.ts']
/** All that what asks a manager may import of it. */
const ASKED_BY = ['manager/contract', 'manager/protocol', 'manager/outcome.ts', 'manager/wording.ts', 'manager/group-by.ts']
/** Of the command line: what starts a manager, or works on the data of one on this machine. */
const ON_THE_MANAGERS_MACHINE = [
  'manager/cli/commands/doctor.ts',
  'manager/cli/commands/install.ts',
  'manager/cli/commands/manager.ts',
  'manager/cli/commands/user/local.ts',
  'manager/cli/engine/api/settings.ts',
  'manager/cli/engine/data-place.ts',
]

/** Folders and files that may touch the world: sockets, disk, processes, clock, timers, randomness. */
export const WORLDLY: readonly string[] = [
  'appliance/dhcp/runner.ts',
  'appliance/http/control/server.ts',
  'appliance/http/server.ts',
  'appliance/main.ts',
  'appliance/manager-link/exec.ts',
  'appliance/manager-link/main.ts',
  'appliance/manager-link/plan/runner.ts',
  'appliance/manager-link/runner.ts',
  'appliance/nfs-server-lite/tcp/server.ts',
  'appliance/nfs-server-lite/udp/server.ts',
  'appliance/ra/server.ts',
  'appliance/store',
  'appliance/tftp/server.ts',
  'appliance/wire/datagrams.ts',
  'appliance/wire/http-body.ts',
  'appliance/wire/server.ts',
  'appliance/wire/timers.ts',
  'images/agent-bundle/build.ts',
  'images/agent/consoles/exec.ts',
  'images/agent/content/exec.ts',
  'images/agent/dom0/main.ts',
  'images/agent/dom0/runner.ts',
  'images/agent/exec.ts',
  'images/agent/files/exec.ts',
  'images/agent/jobs/exec.ts',
  'images/agent/link/exec.ts',
  'images/agent/link/runner.ts',
  'images/agent/main.ts',
  'images/agent/seeds/program',
  'images/agent/streams/exec.ts',
  'images/agent/streams/relay',
  'images/bootstrap.ts',
  'images/build.ts',
  'images/catalogue.ts',
  'images/guest/build.ts',
  'images/publish.ts',
  'images/store',
  'manager/agents/body.ts',
  'manager/agents/connection.ts',
  'manager/agents/enrolling.ts',
  'manager/agents/listener.ts',
  'manager/agents/questions.ts',
  'manager/agents/server.ts',
  'manager/appliances/routes.ts',
  'manager/automation/hooks/exec.ts',
  'manager/cli/commands/authority-shown.ts',
  'manager/cli/commands/completion/completion.ts',
  'manager/cli/commands/control.ts',
  'manager/cli/commands/doctor.ts',
  'manager/cli/commands/image/build.ts',
  'manager/cli/commands/image/hosts-running.ts',
  'manager/cli/commands/image/options.ts',
  'manager/cli/commands/install.ts',
  'manager/cli/commands/property.ts',
  'manager/cli/commands/up.ts',
  'manager/cli/commands/vm-image/build.ts',
  'manager/cli/commands/user/local.ts',
  'manager/cli/commands/vm/text.ts',
  'manager/cli/engine',
  'manager/cli/main.ts',
  'manager/doctor/readers',
  'manager/hosts/inventory-reader.ts',
  'manager/doors/api/still-there.ts',
  'manager/doors/console/server.ts',
  'manager/doors/event-streams.ts',
  'manager/doors/first-admin.ts',
  'manager/main.ts',
  'manager/service/exec.ts',
  'manager/store',
  'manager/vm-images/files',
  'manager/doors/web/answering.ts',
  'manager/doors/web/assets.ts',
  'manager/doors/web/live.ts',
  'manager/doors/web/matrix-cells.ts',
  'manager/doors/web/server.ts',
]

/** All violations, `path:line: what`, in the order of the files. */
export function violations(sources: readonly SourceText[]): string[] {
  const files = sources.map(parse)
  return [...files.flatMap((file) => [...nameFindings(file), ...importFindings(file), ...effectFindings(file)]), ...cycleFindings(files)]
}

function parse({ path, text }: SourceText): ParsedFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS)
  const nodes: ts.Node[] = []
  const walk = (node: ts.Node): void => {
    nodes.push(node)
    ts.forEachChild(node, walk)
  }
  walk(source)
  const imports = nodes.flatMap((node) => importOf(node).map((one) => ({ ...one, line: lineOf(source, node) })))
  return { path, text, imports, nodes, source }
}

function importOf(node: ts.Node): Omit<Import, 'line'>[] {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return [{ specifier: node.moduleSpecifier.text, values: importedValues(node.importClause) }]
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    const { exportClause } = node
    const named = exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : undefined
    const names = named
      ? named.filter((element) => !element.isTypeOnly).map((element) => (element.propertyName ?? element.name).text)
      : ['*']
    return [{ specifier: node.moduleSpecifier.text, values: node.isTypeOnly ? [] : names }]
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return [{ specifier: node.argument.literal.text, values: [] }]
  }
  if (ts.isCallExpression(node)) {
    const isImport =
      node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require')
    const [target] = node.arguments
    if (isImport && target) return [{ specifier: ts.isStringLiteralLike(target) ? target.text : '(computed)', values: ['*'] }]
  }
  return []
}

function importedValues(clause: ts.ImportClause | undefined): string[] {
  if (!clause) return ['*']
  if (clause.isTypeOnly) return []
  const { name, namedBindings } = clause
  const named = !namedBindings ? [] : ts.isNamespaceImport(namedBindings) ? ['*'] : valueNames(namedBindings)
  return [...(name ? ['*'] : []), ...named]
}

function valueNames({ elements }: ts.NamedImports): string[] {
  return elements.filter((element) => !element.isTypeOnly).map((element) => (element.propertyName ?? element.name).text)
}

function importFindings({ path, imports }: ParsedFile): string[] {
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
function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** What the tables of the rules name and the project has not, and the rooms that have no place. */
export function staleRules(paths: readonly string[]): string[] {
  const isThere = (place: string): boolean => paths.some((path) => isAt(path, place))
  const named = [...LAYERS.flat().map((room) => `manager/${room}`), ...WORLDLY, ...SERVERS, ...ASKED_BY, ...ON_THE_MANAGERS_MACHINE]
  const rooms = new Set(paths.filter((path) => isIn(path, 'manager')).map(roomOf))
  return [
    ...named.filter((place) => !isThere(place)).map((place) => `${place}: a rule names it, and it is not there`),
    ...[...rooms].filter((room) => !LAYERS.flat().includes(room)).map((room) => `manager/${room}: has no place among the layers`),
  ]
}

function effectFindings(file: ParsedFile): string[] {
  if (mayTouchTheWorld(file.path)) return []
  const modules = file.imports.flatMap(({ specifier, values, line }) => {
    if (EFFECT_MODULES.test(specifier) && values.some((name) => !PURE_NAMES.test(name)))
      return [`${file.path}:${line}: imports ${specifier}`]
    const random = /^(node:)?crypto$/.test(specifier) ? values.filter((name) => RANDOM.test(name)) : []
    return random.map((name) => `${file.path}:${line}: imports ${name} of ${specifier}`)
  })
  const uses = file.nodes.flatMap((node) => {
    const use = effectOf(node)
    return use ? [`${file.path}:${lineOf(file.source, node)}: uses ${use}`] : []
  })
  const rule = 'only what WORLDLY of test/architecture-rules.ts names may touch the world'
  return [...modules, ...uses].map((finding) => `${finding}: ${rule}`)
}

function effectOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && TIMERS.has(node.text) && isUse(node)) return node.text
  if (ts.isPropertyAccessExpression(node)) {
    const member = `${node.expression.getText()}.${node.name.text}`
    if (/^(globalThis\.)?(Date\.now|Math\.random|performance\.now|process\.hrtime)$/.test(member)) return member
    if (RANDOM.test(node.name.text)) return member
  }
  if (ts.isNewExpression(node) && isGlobal(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) return 'new Date()'
  if (ts.isCallExpression(node) && isGlobal(node.expression, 'Date')) return 'Date()'
  return ts.isCallExpression(node) && isGlobal(node.expression, 'fetch') ? 'fetch()' : undefined
}

/** Not a name that something is given: a member's, or an import's, which counts by itself. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node || parent.expression.getText() === 'globalThis'
  const isGiven = ts.isPropertySignature(parent) || ts.isPropertyAssignment(parent) || ts.isMethodSignature(parent)
  if (isGiven && parent.name === node) return false
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false
  return isGlobal(node, node.text)
}

/** An identifier of this name that the file does not declare itself, as a function, parameter or variable. */
function isGlobal(node: ts.Expression, name: string): boolean {
  if (!ts.isIdentifier(node) || node.text !== name) return false
  const declares = (other: ts.Node): boolean =>
    ((ts.isFunctionDeclaration(other) || ts.isParameter(other) || ts.isVariableDeclaration(other) || ts.isImportSpecifier(other)) &&
      other.name?.getText() === name) ||
    (ts.forEachChild(other, (child) => declares(child) || undefined) ?? false)
  return !declares(node.getSourceFile())
}

function mayTouchTheWorld(path: string): boolean {
  return WORLDLY.some((place) => isAt(path, place))
}

function nameFindings({ path, text }: ParsedFile): string[] {
  const vague = path.split('/').find((part) => /^(utils?|helpers?|common|misc)(\.|$)/i.test(part))
  const lines = text.trimEnd().split('\n').length
  return [
    ...(vague ? [`${path}:1: is called ${vague}: name what it does`] : []),
    ...(lines > MAX_LINES ? [`${path}:1: has ${lines} lines, split by ${MAX_LINES}`] : []),
  ]
}

/** One finding a cycle, with the way round; types count too, as they tie files together as much. */
function cycleFindings(files: readonly ParsedFile[]): string[] {
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

/** The project's file that a relative specifier names; undefined for packages. */
function resolve(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

/** It is this file, or in this folder. */
function isAt(path: string, place: string): boolean {
  return path === place || isIn(path, place)
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}
