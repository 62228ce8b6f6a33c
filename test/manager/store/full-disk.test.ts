import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { z } from 'zod'
import { commandFor } from '../../program.ts'
import { dataDirFor } from '../site.ts'

const CHILD = new URL('full-disk.ts', import.meta.url)
const report = z.object({
  taken: z.array(z.string()),
  takenWhenFull: z.number(),
  refused: z.array(z.string()),
  reasons: z.array(z.string()),
  kept: z.array(z.string()),
})

test('on a full disk a change is refused in clear words, none that was acknowledged is lost, and with room it goes on', async (t) => {
  const folder = await dataDirFor(t)
  // In a mount namespace of its own: gone with the process, and seen by nobody else.
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user']
  const script = 'mount -t tmpfs -o size=8m none "$0" && exec "$@"'
  const { stdout } = await promisify(execFile)('unshare', [...namespace, 'sh', '-c', script, folder, ...commandFor(CHILD, folder)])
  const { taken, takenWhenFull, refused, reasons, kept } = report.parse(JSON.parse(stdout))
  t.true(takenWhenFull > 0)
  t.true(refused.length >= 20)
  t.deepEqual(reasons, [`SQLITE_FULL: no space is left for ${folder}/manager.db: nothing of this change was kept`])
  t.true(refused.every((name) => name.startsWith('full')))
  t.is(taken.length - takenWhenFull, 40, 'all that came when there was room again')
  t.deepEqual(kept, taken)
})
