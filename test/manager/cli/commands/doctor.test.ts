import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { hostless } from '../../../program.ts'
import { dataDirFor } from '../../site.ts'

async function doctor(t: ExecutionContext, ...args: readonly string[]) {
  const folder = await dataDirFor(t)
  const file = join(folder, 'hostless.yaml')
  await writeFile(file, `dataDir: ${folder}\nnetwork: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\n`)
  const [program, ...words] = hostless('doctor', '--config', file, ...args)
  const { exitCode, stdout, stderr } = await execa(program, words, { reject: false })
  return { exitCode, stdout, stderr }
}

test('hostless doctor tells its findings in every form, and ends with what they come to', async (t) => {
  const fine = await doctor(t, '--only', 'config,node', '--output', 'json')
  t.is(fine.exitCode, 0, fine.stderr)
  t.like(JSON.parse(fine.stdout), [
    { check: 'config', result: 'ok' },
    { check: 'node', result: 'ok', mend: null },
  ])
  const bad = await doctor(t, '--only', 'config,images', '--troubles')
  t.is(bad.exitCode, 2)
  t.regex(bad.stdout, /^images +failed +dom0 +nothing is published.*hostless image publish dom0/m)
  t.notRegex(bad.stdout, /^config/m)
  t.is(bad.stderr, 'error: 1 failed, 1 ok')
})

test('a check that is not there is refused by name, and --help has the exit codes', async (t) => {
  const refused = await doctor(t, '--skip', 'weather')
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /there is no check weather: config, node/)
  t.regex((await doctor(t, '--help')).stdout, /0 {2}all ok +1 {2}warnings +2 {2}something failed/)
})
