import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { BUNDLE_FILE, bundleAgent } from '../../../images/agent-bundle/build.ts'

test('a package that is installed has its bundle made: neither the sources of the agent nor esbuild are there', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'hl-bundle-'))
  t.teardown(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'images'))
  await writeFile(join(root, BUNDLE_FILE), '// the agent')
  t.is(await bundleAgent(root, '1.0.0'), '// the agent')
  await rm(join(root, BUNDLE_FILE))
  await t.throwsAsync(bundleAgent(root, '1.0.0'))
})
