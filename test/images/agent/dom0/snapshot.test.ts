// The agent's startup snapshot, made and started by the Node that runs the tests, with what the image says to Node.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { withoutSnapshot } from '../../../../images/agent/upgrade/places.ts'
import { bundleSnapshot } from '../../../../images/agent-bundle/build.ts'
import { dataDirFor } from '../../../manager/site.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const SCRIPTS = join(ROOT, 'images/dom0/root/usr/lib/hostless')

interface Dom0 {
  readonly own: string
  readonly blob: string
  /** agent-node with these arguments, in this folder's place of /usr/lib/hostless and /run/hostless. */
  readonly node: (...argv: readonly string[]) => { readonly code: number | null; readonly said: string }
}

async function dom0For(t: ExecutionContext): Promise<Dom0> {
  const folder = await dataDirFor(t)
  const script = join(folder, 'agent-node')
  const text = await readFile(join(SCRIPTS, 'agent-node'), 'utf8')
  await writeFile(script, text.replaceAll('/usr/lib/hostless', folder).replaceAll('/run/hostless', folder))
  await chmod(script, 0o755)
  const node: Dom0['node'] = (...argv) => {
    const { status, stdout, stderr } = spawnSync('sh', [script, ...argv], { encoding: 'utf8', env: { PATH: process.env.PATH } })
    return { code: status, said: stdout + stderr }
  }
  const blob = join(folder, 'agent.blob')
  const { agent, dropCodeCache } = await bundleSnapshot(ROOT, '7.7.7+0123456789ab')
  await writeFile(join(folder, 'agent.cjs'), agent)
  await writeFile(join(folder, 'drop-code-cache.cjs'), dropCodeCache)
  const made = node('--build-snapshot', join(folder, 'agent.cjs'))
  t.is(made.code, 0, made.said)
  const { size } = await stat(blob)
  t.deepEqual(node(join(folder, 'drop-code-cache.cjs'), blob), { code: 0, said: '' })
  t.true((await stat(blob)).size < size - 1_000_000)
  await rm(join(folder, 'agent.cjs'))
  return { own: join(folder, 'agent.mjs'), blob, node }
}

test('the image’s own agent starts from its snapshot: there is nothing else that it could start from', async (t) => {
  t.timeout(120_000)
  const { own, node } = await dom0For(t)
  const boot = join(own, '../boot')
  await writeFile(boot, "attempt='none'\n")
  const tried = node(own, boot, '--self-test')
  t.is(tried.code, 1)
  t.is(tried.said, `${boot}: attempt is "none"\n`, 'it read its arguments and its own parsers judged the file')
  t.regex(node(own, join(own, '../missing')).said, /ENOENT.*missing/)
})

test('where its snapshot is unfit, or the bundle is another, the bundle is read', async (t) => {
  t.timeout(120_000)
  const { own, blob, node } = await dom0For(t)
  await writeFile(own, "process.stdout.write('from the bundle')")
  const other = join(own, `../agent-${'a'.repeat(64)}.mjs`)
  await writeFile(other, "process.stdout.write('from another')")
  t.is(node(other).said, 'from another')
  await writeFile(blob, 'damaged')
  t.not(node(own).code, 0)
  await writeFile(`${blob}-unfit`, '')
  t.is(node(own).said, 'from the bundle')
})

test('init’s script gives a snapshot up that does not start, at once, and an agent that has ended well keeps it', async (t) => {
  const folder = await dataDirFor(t)
  const run = (code: number): void => {
    const env = {
      PATH: process.env.PATH,
      HOSTLESS_RUN: folder,
      HOSTLESS_AGENT: 'own',
      HOSTLESS_NODE: join(folder, 'node'),
      HOSTLESS_PAUSE: '0',
    }
    spawnSync('sh', ['-c', `printf '#!/bin/sh\\nexit ${code}\\n' >${join(folder, 'node')}; chmod +x ${join(folder, 'node')}`])
    spawnSync('sh', [join(SCRIPTS, 'run-agent')], { env })
  }
  const isUnfit = async () => (await readFile(join(folder, 'agent.blob-unfit'), 'utf8').catch(() => undefined)) !== undefined
  await mkdir(folder, { recursive: true })
  run(0)
  run(85)
  t.false(await isUnfit())
  run(14)
  t.true(await isUnfit())
})

test('another bundle is not started with the snapshot of this one', (t) => {
  t.deepEqual(withoutSnapshot(['--no-opt', '--snapshot-blob=/x/agent.blob', '--no-sparkplug']), ['--no-opt', '--no-sparkplug'])
})
