// A source file with its imports and nodes, by the TypeScript compiler, so that neither a comment nor a string counts as code.
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

export interface ParsedFile extends SourceText {
  readonly imports: readonly Import[]
  readonly nodes: readonly ts.Node[]
  readonly source: ts.SourceFile
}

export function parse({ path, text }: SourceText): ParsedFile {
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

/** The project's file that a relative specifier names; undefined for packages. */
export function resolve(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

export function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

/** It is this file, or in this folder. */
export function isAt(path: string, place: string): boolean {
  return path === place || isIn(path, place)
}

export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}
