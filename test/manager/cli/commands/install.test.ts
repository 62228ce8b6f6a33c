import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { hostless } from '../../../program.ts'
import { dataDirFor } from '../../site.ts'

async function run(...args: readonly string[]) {
  const [program, ...words] = hostless(...args)
  const { exitCode, stdout, stderr } = await execa(program, words, { reject: false })
  return { exitCode, stdout, stderr }
}

async function configFor(t: ExecutionContext, more = ''): Promise<string> {
  const file = join(await dataDirFor(t), 'hostless.yaml')
  await writeFile(file, `network: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\n${more}`)
  await chmod(file, 0o644)
  return file
}

test('hostless install --dry-run prints what would be written, and why it would be refused', async (t) => {
  const config = await configFor(t, 'manager: { listen: 127.0.0.1:8443 }\n')
  const { exitCode, stdout, stderr } = await run('install', '--config', config, '--dry-run')
  t.is(exitCode, 0, stderr)
  for (const path of [
    '/etc/systemd/system/hostless-manager.service',
    '/etc/systemd/system/hostless-appliance.service',
    '/etc/sysusers.d/hostless.conf',
  ])
    t.true(stdout.includes(`# ${path} (`), path)
  t.true(stdout.includes(` manager --config ${config}\n`), stdout)
  // A temporary folder is hidden from services; or the program is not built yet, which is told first.
  t.regex(stdout, /^# would be refused: .*(where services see nothing|npm run build makes it)/m)
})

test('without a manager here only the appliance is a service', async (t) => {
  const { stdout } = await run('install', '--config', await configFor(t), '--dry-run')
  t.true(stdout.includes('hostless-appliance.service ('))
  t.false(stdout.includes('hostless-manager.service ('))
})

test('install refuses, with nothing written, what services could not reach, and a config that is refused', async (t) => {
  const far = await run('install', '--config', await configFor(t))
  t.is(far.exitCode, 1)
  t.regex(far.stderr, /^error: nothing was installed: /)
  const bad = await run('install', '--config', await configFor(t, 'nonsense: 1\n'))
  t.is(bad.exitCode, 2)
  t.regex(bad.stderr, /nonsense/)
})

test('hostless up takes /etc/hostless.yaml where no other config is named', async (t) => {
  t.regex((await run('up', '--help')).stdout.replace(/\s+/g, ' '), /the YAML config file \(default: "\/etc\/hostless\.yaml"\)/)
})
