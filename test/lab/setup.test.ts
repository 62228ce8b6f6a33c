import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PROJECT } from './folders.ts'

/** Runs setup.sh on a machine whose Node says that it is of this version. */
async function setupWithNode(t: ExecutionContext, version: string, purpose: string) {
  const folder = await mkdtemp(join(tmpdir(), 'hl-setup-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'node'), `#!/bin/sh\necho ${version}\n`)
  await chmod(join(folder, 'node'), 0o755)
  const env = { PATH: `${folder}:${process.env.PATH}` }
  return spawnSync('bash', [join(PROJECT, 'test/setup.sh'), purpose], { env, encoding: 'utf8' })
}

test('setup.sh names the Node that it needs before it does anything else', async (t) => {
  for (const version of ['v18.20.4', 'v20.18.3', 'v9.0.0']) {
    const { status, stderr } = await setupWithNode(t, version, 'lab')
    t.is(status, 1)
    t.regex(stderr, new RegExp(`this is Node.js ${version.slice(1)}; version 20.19 or newer is needed`))
  }
})

test('setup.sh refuses a purpose that it does not know', async (t) => {
  const { status, stderr } = await setupWithNode(t, 'v24.0.0', 'production')
  t.is(status, 2)
  t.is(stderr, 'Usage: setup.sh test|lab|bench|deb\n')
})
