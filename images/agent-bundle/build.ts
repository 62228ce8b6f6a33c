// The agent as one file for the image: all that it imports, and nothing to install. The same sources give the same bytes.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** The agent's version is that of the package. */
export async function agentVersion(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  return version
}

/** In the place of the version until what it names is there to be hashed. */
const NO_VERSION = '0.0.0+000000000000'

const AGENT = join('images', 'agent', 'dom0')

/** Programs for Node: the one whose heap becomes the snapshot, and one that then takes out of the file what costs memory. */
export interface Snapshot {
  readonly agent: string
  readonly dropCodeCache: string
}

/** A bundle's version: that of the package, then of its content, so that a manager tells any two apart. */
export function bundleVersion(bundle: string): string | undefined {
  return /"(\d[^"+]{0,32}\+[0-9a-f]{12})"/.exec(bundle)?.[1]
}

/**
 * ES module for Node 18 (Debian 12's) and later, as text. Rejects when the sources do not compile. `root`: of this package;
 * `version`: of the package, which becomes that of the agent by what is in it.
 */
export async function bundleAgent(root: string, version: string): Promise<string> {
  const text = await bundleOf(root, join(AGENT, 'main.ts'), NO_VERSION, {
    format: 'esm',
    // ws is CommonJS and asks for Node's own modules by require.
    banner: { js: "import { createRequire as hostlessRequire } from 'node:module';const require = hostlessRequire(import.meta.url);" },
  })
  const content = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return text.replaceAll(NO_VERSION, `${version}+${content}`)
}

/** What an image makes its agent's startup snapshot with. `version`: of the bundle that stands beside it. */
export async function bundleSnapshot(root: string, version: string): Promise<Snapshot> {
  // A snapshot has require, for Node's own modules, and no import().
  const options: BuildOptions = { format: 'cjs', supported: { 'dynamic-import': false } }
  return {
    agent: await bundleOf(root, join(AGENT, 'snapshot.ts'), version, options),
    dropCodeCache: await bundleOf(root, join('images', 'agent-bundle', 'drop-code-cache.ts'), version, options),
  }
}

async function bundleOf(root: string, entry: string, version: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node18',
    minify: true,
    legalComments: 'none',
    define: { AGENT_VERSION: JSON.stringify(version) },
    // Two accelerators of ws, left out.
    external: ['bufferutil', 'utf-8-validate'],
    plugins: [withoutLanguages],
    logLevel: 'silent',
    ...options,
  })
  const [bundle] = outputFiles ?? []
  if (!bundle) throw new Error('esbuild made no file of the agent')
  return bundle.text
}

/** zod's messages in fifty languages: 260 kB that nobody in dom0 reads, and that V8 would keep there. */
const withoutLanguages: Plugin = {
  name: 'without-languages',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }))
  },
}
