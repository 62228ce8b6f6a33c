// The tree with a bug planted in it: copies of what may have one and of the harness that is to find it; everything else is as it is.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Mutant {
  /** What is wrong. */
  readonly name: string
  /** From the root of the tree on, without its ending. */
  readonly file: string
  readonly from: RegExp
  readonly to: string
}

const ENDING = import.meta.filename.endsWith('.js') ? '.js' : '.ts'
const ROOT = join(import.meta.dirname, '../../../..')
const COPIED = [
  ...['manager/automation', 'manager/automations', 'images/agent', 'test/images/agent', 'test/manager/automation/harness'],
  `test/manager/hosts/conditions${ENDING}`,
]

/** `harness`: the file of the copy that is given, from this folder on. Throws where there is not one place to plant it in. */
export async function plant({ name, file, from, to }: Mutant, harness: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'hl-mutant-'))
  for (const copied of COPIED) {
    mkdirSync(dirname(join(folder, copied)), { recursive: true })
    cpSync(join(ROOT, copied), join(folder, copied), { recursive: true, dereference: true })
  }
  for (const other of readdirSync(join(ROOT, 'manager')))
    if (!COPIED.includes(`manager/${other}`)) symlinkSync(join(ROOT, 'manager', other), join(folder, 'manager', other))
  symlinkSync(join(ROOT, 'appliance'), join(folder, 'appliance'))
  const zod = createRequire(import.meta.url).resolve('zod')
  symlinkSync(zod.slice(0, zod.lastIndexOf('/node_modules/') + '/node_modules'.length), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const path = join(folder, file + ENDING)
  const before = readFileSync(path, 'utf8')
  const places = Array.from(before.matchAll(new RegExp(from, 'g'))).length
  if (places !== 1) throw new Error(`"${name}" cannot be planted: ${places} places in ${file} are like ${from}`)
  writeFileSync(path, before.replace(from, to))
  try {
    return await import(pathToFileURL(join(folder, 'test/manager/automation/harness', harness + ENDING)).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
