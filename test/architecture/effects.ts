// What touches the world, and may not.
import ts from 'typescript'
import { WORLDLY } from '../architecture-rules.ts'
import { isAt, lineOf, type ParsedFile } from './parsed.ts'

const EFFECT_MODULES =
  /^((node:)?(fs|fs\/promises|net|dgram|http|https|http2|tls|dns|dns\/promises|child_process|worker_threads|timers|timers\/promises)|execa|better-sqlite3|pg|koffi)$/
/** What these modules have that is mere data or arithmetic. */
const PURE_NAMES = /^(STATUS_CODES|METHODS|isIP|isIPv4|isIPv6)$/
const RANDOM =
  /^(randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues|webcrypto|generateKey|generateKeySync|generateKeyPair|generateKeyPairSync)$/
const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate'])

export function effectFindings(file: ParsedFile): string[] {
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
