import { execFileSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { agentVersion, bundleAgent } from '../../images/agent-bundle/build.ts'
import { dataDirFor } from '../manager/site.ts'
import { PROJECT } from './folders.ts'
import { compileInto, hostlessIn } from './program.ts'

test('the command runs compiled from a rack’s runtime folder, and is compiled once', async (t) => {
  t.timeout(120_000)
  const runtime = await dataDirFor(t)
  await compileInto(runtime)
  const [node = '', ...program] = hostlessIn(runtime)
  t.is(execFileSync(node, [...program, '--version'], { encoding: 'utf8' }).trim(), await agentVersion(PROJECT))
  t.regex(execFileSync(node, [...program, 'completion', 'bash'], { encoding: 'utf8' }), /hostless/, 'it finds its templates')
  t.is(
    await bundleAgent(join(runtime, 'program'), '1.2.3'),
    await bundleAgent(PROJECT, '1.2.3'),
    'a manager there knows the agent of these sources',
  )
  const made = await stat(join(runtime, 'program'))
  await compileInto(runtime)
  t.is((await stat(join(runtime, 'program'))).ctimeMs, made.ctimeMs)
})
