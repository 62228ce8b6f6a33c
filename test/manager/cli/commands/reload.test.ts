import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { loadConfig, startAppliance } from '../../../../appliance/main.ts'
import { describeReloaded } from '../../../../manager/cli/commands/reload.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { hostless } from '../../../program.ts'

const asRoot = process.getuid?.() === 0 ? test : test.skip

test('describeReloaded says what was taken, who reads the rest, and what to do', (t) => {
  t.is(describeReloaded({ taken: [], restart: [], notes: [] }), 'Nothing has changed.\n')
  const restart = [
    { setting: 'dhcp.mode', services: ['appliance'] as const },
    { setting: 'hosts', services: ['appliance', 'manager'] as const },
  ]
  t.is(
    describeReloaded({ taken: ['boot.image', 'boot.root'], restart, notes: ['10.77.0.21 is reserved for node01 and lent to another'] }),
    `Taken, from now on: boot.image, boot.root
10.77.0.21 is reserved for node01 and lent to another
Read at the start of appliance alone: dhcp.mode
Read at the start of appliance and manager alone: hosts
Next: systemctl restart hostless-appliance hostless-manager   # hosts that run do not notice
`,
  )
})

asRoot('hostless reload has the running appliance take its file, and says why it takes it not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hl-reload-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'hostless.yaml')
  const write = (boot: string) =>
    writeFileSync(
      file,
      `dataDir: ${folder}/data\nnetwork: { interface: lo, address: 127.77.0.8/8 }\ndhcp: { mode: off }\ntftp: { port: 16981 }\nhttp: { port: 16982 }\nnfs: { port: 16983, portmap: false }\n${boot}\n`,
    )
  const reload = async () => {
    const [node, ...words] = hostless('reload', '--config', file)
    const { exitCode, stdout, stderr } = await execa(node, words, { reject: false })
    return { exitCode, stdout, stderr }
  }
  write('boot: { image: dom0 }')
  t.like(await reload(), { exitCode: 1 })
  const appliance = await startAppliance(await loadConfig(file), collectingLog().log, () => loadConfig(file))
  t.teardown(() => appliance.close())
  write('boot: { image: other }')
  t.like(await reload(), { exitCode: 0, stdout: 'Taken, from now on: boot.image' })
  write('boot: { picture: other }')
  const refused = await reload()
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /nothing was taken: .*picture/s)
})
