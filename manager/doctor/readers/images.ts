// The images that hosts boot by the config, looked at as `hostless image verify` does: every byte.
import type { Config } from '../../../appliance/config.ts'
import { readPublished } from '../../../images/store/published.ts'
import { verify } from '../../../images/store/verify.ts'
import type { SeenImage } from '../checks/images.ts'
import { type Reading, read, unread } from '../finding.ts'

export async function readImages({ dataDir, boot, hosts }: Config): Promise<readonly Reading<SeenImage>[]> {
  const names = [...new Set([boot.image, ...hosts.flatMap(({ image }) => image ?? [])])]
  const seen: Reading<SeenImage>[] = []
  for (const name of names) {
    seen.push(
      await readImage(dataDir, name).catch((error: NodeJS.ErrnoException) =>
        unread(`${name}: ${error.message}`, error.code === 'EACCES' ? 'run hostless doctor as root' : undefined),
      ),
    )
  }
  return seen
}

async function readImage(dataDir: string, name: Config['boot']['image']): Promise<Reading<SeenImage>> {
  const generation = await readPublished(dataDir, name)
  if (!generation) return read({ name, generation: undefined, problems: [], files: [] })
  const verdict = await verify(dataDir, name, generation)
  if (verdict.kind === 'damaged') return read({ name, generation, problems: verdict.problems, files: [] })
  return read({ name, generation, problems: [], files: Object.keys(verdict.manifest.components) })
}
