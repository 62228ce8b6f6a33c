// The browser's script against what the contract declares: the one is no TypeScript, and nothing else would say that they differ.
import { join } from 'node:path'
import test from 'ava'
import ts from 'typescript'
import { packageRoot } from '../../../../appliance/package-root.ts'

const ROOT = packageRoot(import.meta.dirname, 4)
const SCRIPT = join(ROOT, 'templates/assets/live.js')
const DECLARED = join(ROOT, 'manager/contract/page-news.ts')
const OPTIONS: ts.CompilerOptions = {
  ...{ allowJs: true, checkJs: true, noEmit: true, strict: true, noUnusedLocals: false, skipLibCheck: true, types: [] },
  ...{ allowImportingTsExtensions: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  ...{ target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
}

let before: ts.Program | undefined

/** What the compiler says of the script, where the declaration is `changed`. */
function faults(changed: (declared: string) => string): readonly string[] {
  const host = ts.createCompilerHost(OPTIONS, true)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...more) => {
    if (name !== DECLARED) return before?.getSourceFile(name) ?? getSourceFile(name, ...more)
    const declared = ts.sys.readFile(name) ?? ''
    return ts.createSourceFile(name, changed(declared), ts.ScriptTarget.ES2023, true)
  }
  const program = ts.createProgram({ rootNames: [SCRIPT], options: OPTIONS, host, ...(before ? { oldProgram: before } : {}) })
  before ??= program
  const script = program.getSourceFile(SCRIPT)
  if (!script) throw new Error(`${SCRIPT} is not there`)
  const found = [...program.getSyntacticDiagnostics(script), ...program.getSemanticDiagnostics(script)]
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

const CHANGES: readonly (readonly [what: string, from: string, to: string])[] = [
  ['a member under another name', 'readonly samples:', 'readonly loads:'],
  ['a member of another type', 'readonly hosts: readonly string[]', 'readonly hosts: readonly { readonly id: string }[]'],
  ['a member that the page does not hear of', 'readonly boots: boolean', 'readonly boots: boolean\n  readonly volumes: readonly string[]'],
  [
    'a kind of news that the page does not hear of',
    "{ readonly kind: 'missed' }",
    "{ readonly kind: 'missed' } | { readonly kind: 'ended' }",
  ],
  ['a kind of news under another name', "'signed-out'", "'left'"],
]

test('the script of the page is what the contract declares', (t) => {
  t.deepEqual(
    faults((declared) => declared),
    [],
  )
  for (const [what, from, to] of CHANGES) {
    const found = faults((declared) => {
      t.true(declared.includes(from), what)
      return declared.replace(from, to)
    })
    t.true(found.length > 0, what)
  }
})
