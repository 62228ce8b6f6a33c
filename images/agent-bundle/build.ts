// The agent as one file for the image: all that it imports, and nothing to install. The same sources give the same bytes.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/** The agent's version is that of the package. */
export async function agentVersion(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  return version
}

/** In the place of the version until what it names is there to be hashed. */
const NO_VERSION = '0.0.0+000000000000'

/** A bundle's version: that of the package, then of its content, so that a manager tells any two apart. */
export function bundleVersion(bundle: string): string | undefined {
  return /"(\d[^"+]{0,32}\+[0-9a-f]{12})"/.exec(bundle)?.[1]
}

/** In a package of hostless that is installed, from its root on: made already, as the sources of the agent are not there. */
export const BUNDLE_FILE = 'images/agent.mjs'

/**
 * ES module for Node 18 (Debian 12's) and later, as text. Rejects when the sources do not compile. `root`: of this package;
 * `version`: of the package, which becomes that of the agent by what is in it.
 */
export async function bundleAgent(root: string, version: string): Promise<string> {
  const made = await readFile(join(root, BUNDLE_FILE), 'utf8').catch(() => undefined)
  if (made !== undefined) return made
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join('images', 'agent', 'dom0', 'main.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    minify: true,
    legalComments: 'none',
    define: { AGENT_VERSION: JSON.stringify(NO_VERSION) },
    // ws is CommonJS and asks for Node's own modules by require; its two optional accelerators are left out.
    external: ['bufferutil', 'utf-8-validate'],
    banner: { js: "import { createRequire as hostlessRequire } from 'node:module';const require = hostlessRequire(import.meta.url);" },
    plugins: [withoutLanguages],
    logLevel: 'silent',
  })
  const [bundle] = outputFiles
  if (!bundle) throw new Error('esbuild made no file of the agent')
  const content = createHash('sha256').update(bundle.text).digest('hex').slice(0, 12)
  return bundle.text.replaceAll(NO_VERSION, `${version}+${content}`)
}

/** zod's messages in fifty languages: 260 kB that nobody in dom0 reads, and that V8 would keep there. */
const withoutLanguages: Plugin = {
  name: 'without-languages',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }))
  },
}
