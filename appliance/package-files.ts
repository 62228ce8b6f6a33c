// What the appliance reads of its own package: its version and the templates of boot scripts.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { TEMPLATE_FILES } from './boot/templates.ts'
import { packageRoot } from './package-root.ts'

export async function ownVersion(): Promise<string> {
  const file = join(packageRoot(import.meta.dirname, 1), 'package.json')
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(file, 'utf8'))).version
}

export async function readTemplates(): Promise<Record<string, string>> {
  const folder = join(packageRoot(import.meta.dirname, 1), 'templates/boot')
  return Object.fromEntries(await Promise.all(TEMPLATE_FILES.map(async (file) => [file, await readFile(join(folder, file), 'utf8')])))
}
