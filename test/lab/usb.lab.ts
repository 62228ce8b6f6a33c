// Servers that boot from a stick: by BIOS from a USB disk, by UEFI from the USB CD of a BMC; with no appliance there, and by one.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { isUp } from './boots.ts'
import { troubleIn } from './health.ts'
import { commandLine, MANAGER, type Operator, signIn } from './operator.ts'
import { waitReported } from './pool.ts'
import { openTestbed, type Testbed } from './testbed.ts'

const NAMES = ['disk', 'cd'] as const
/** From power-on, of which copying the root through an emulated USB takes most. */
const ALONE_MS = 300_000

let bed: Testbed
let operator: Operator

test.before(async () => {
  bed = await openTestbed({
    nodes: [
      { name: 'disk', firmware: 'bios', stick: 'disk' },
      { name: 'cd', firmware: 'uefi', stick: 'cd' },
    ],
    more: { manager: MANAGER },
  })
  operator = await signIn(bed.rack, bed.dataDir, 'of this rack alone', 60_000)
})

test.after.always(() => bed?.close())

/** Writes the stick that a node will find when its power is switched on. */
async function makeStick(name: string, whom: readonly string[], ...options: readonly string[]): Promise<string> {
  const file = bed.node(name).plan.stick?.file ?? ''
  const argv = ['image', 'usb', 'dom0', ...whom, ...options, '--config', bed.appliance.configFile, '--output', file]
  const { exitCode, stderr } = await bed.rack.exec(commandLine(bed.rack.runtime, argv, 80))
  if (exitCode !== 0) throw new Error(`hostless image usb: ${stderr}`)
  return stderr.trim()
}

test.serial(
  'with no appliance there, a BIOS server and a UEFI server boot from their sticks, which nobody needs any more then',
  async (t) => {
    t.timeout(1_200_000)
    t.log(await makeStick('disk', ['--for', 'disk'], '--alone'))
    t.log(await makeStick('cd', ['--any'], '--alone'))
    await bed.appliance.stop()
    const began = Date.now()
    await Promise.all(NAMES.map((name) => bed.node(name).power('on')))
    // Nobody gives addresses: the one that has a reserved one is in dom0, the other waits for one.
    const alone = {
      disk: /not known to the appliance 10\.77\.0\.1:8067 yet/,
      cd: /FAILED: bringing up xenbr0 on the first NIC that gets an address/,
    }
    for (const name of NAMES) {
      const text = await bed.node(name).waitForConsole(alone[name], ALONE_MS)
      t.regex(text, /the root is in memory and is what it shall be: the stick can be pulled/)
      t.log(`${name}: alone so far after ${((Date.now() - began) / 1000).toFixed(1)} s`)
    }
  },
)

test.serial('once the appliance is there they are hosts of the pool, with the generation that they run', async (t) => {
  t.timeout(1_200_000)
  await bed.appliance.restart()
  for (const name of NAMES) {
    const attempt = await bed.waitUp(name)
    t.is(attempt.generation, bed.image.generation)
    t.regex(attempt.stages[0]?.detail ?? '', /runs from a stick with dom0/)
    const node = bed.node(name)
    const trouble = (await troubleIn(node)).filter((line) => !/not known to the appliance|FAILED: bringing up/.test(line))
    t.deepEqual(trouble, [], name)
    t.regex((await node.ssh(['cat', '/proc/self/mounts'])).stdout, /^\/dev\/loop\d+ \/run\/hostless\/root squashfs ro/m)
  }
  t.is((await bed.node('cd').ssh(['test', '-d', '/sys/firmware/efi'])).exitCode, 0, 'by UEFI')
  const hosts = await waitReported(operator, NAMES)
  for (const name of NAMES) t.is(hosts.find((one) => one.name === name)?.uuid, bed.node(name).plan.uuid)
})

test.serial('a stick without an image finds the appliance by iPXE, and the server boots what that says', async (t) => {
  t.timeout(1_200_000)
  t.log(await makeStick('disk', ['--for', 'disk']))
  const before = (await bed.waitUp('disk')).id
  await bed.node('disk').power('cycle')
  const attempt = await bed.waitFor('disk', 'up by iPXE', (boot) => isUp(boot) && boot.attempt?.id !== before)
  t.deepEqual(
    attempt.stages.map(({ stage, status }) => `${stage} ${status}`),
    ['ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up'].map((stage) => `${stage} done`),
  )
  t.regex(
    await readFile(join(bed.rack.folder, 'disk.console.log'), 'latin1'),
    /Hostless: stick for disk, looks for the appliance at 10\.77\.0\.1:8067/,
  )
})
